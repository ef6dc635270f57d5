using System.Data;
using DbUp.Engine;
using Npgsql;
using DbUpScript = DbUp.Engine.SqlScript;

namespace SupabaseDeploy.Migrations.Upgrade;

/// <summary>DbUp's journal on the Supabase CLI's history, as it was read under the lock.</summary>
internal sealed class HistoryJournal(IReadOnlyList<AppliedVersion> history, IReadOnlyDictionary<string, MigrationFile> files) : IJournal
{
    public string[] GetExecutedScripts() => [.. history.Select(row => row.Version)];

    public void StoreExecutedScript(DbUpScript script, Func<IDbCommand> dbCommandFactory)
    {
        MigrationFile file = files[script.Name];
        NpgsqlBatchCommand insert = MigrationHistory.Insert(file, []);
        using IDbCommand command = dbCommandFactory();
        command.CommandText = insert.CommandText;
        foreach (NpgsqlParameter parameter in insert.Parameters)
        {
            command.Parameters.Add(parameter.Clone());
        }

        command.ExecuteNonQuery();
    }

    public void EnsureTableExistsAndIsLatestVersion(Func<IDbCommand> dbCommandFactory)
    {
        // The runner made sure of the table before it read the history.
    }
}
