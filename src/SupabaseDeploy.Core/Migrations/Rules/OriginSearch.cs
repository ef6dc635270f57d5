using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules;

/// <summary>Finds the statement that made an object; for one that dynamic SQL made, the statement that most likely did.</summary>
internal sealed class OriginSearch(IReadOnlyList<CheckedFile> files, IReadOnlyDictionary<string, Origin> origins)
{
    private static readonly string[] s_executing = ["DO", "SELECT", "CALL"];

    public Origin Find(ObjectKey key) => origins.TryGetValue(key.Text, out Origin origin) ? origin : FindByText(key.Name) ?? FindByVerb() ?? LastStatement();

    private Origin? FindByText(string name) => First(statement => IsExecuting(statement) && statement.Text.Contains(name, StringComparison.OrdinalIgnoreCase));

    private Origin? FindByVerb() => First(IsExecuting);

    private Origin LastStatement()
    {
        CheckedFile last = files.Last(file => file.Statements.Count > 0);
        return new Origin(last.Number, last.Statements.Count - 1, last.Statements[^1].CodeStart);
    }

    private Origin? First(Func<SqlStatement, bool> condition)
    {
        foreach (CheckedFile file in files)
        {
            for (int i = 0; i < file.Statements.Count; i++)
            {
                if (condition(file.Statements[i]))
                {
                    return new Origin(file.Number, i, file.Statements[i].CodeStart);
                }
            }
        }

        return null;
    }

    private static bool IsExecuting(SqlStatement statement) => statement.Words().FirstOrDefault() is { } word && s_executing.Contains(word);
}
