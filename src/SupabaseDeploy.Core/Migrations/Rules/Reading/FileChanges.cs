using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary>The changes of a file, in order, each with its statement; <c>SET search_path</c> counts for what follows in the file.</summary>
internal static class FileChanges
{
    private const string UsualSchema = "public";

    public static IEnumerable<(SqlStatement Statement, SchemaChange Change)> Read(RuleFile file, IEnumerable<SqlStatement> statements)
    {
        var reader = new StatementReader(file.Text, UsualSchema);
        foreach (SqlStatement statement in statements.Where(statement => statement.HasCode))
        {
            foreach (SchemaChange change in reader.Read(statement.CodeStart, statement.Start + statement.Text.Length))
            {
                if (change is SetSearchPath path)
                {
                    reader = new StatementReader(file.Text, path.Schema ?? UsualSchema);
                }

                yield return (statement, change);
            }
        }
    }
}
