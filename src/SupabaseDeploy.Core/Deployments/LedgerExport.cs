using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Writes ledgers as JSON lines, one row a line: <c>{"environment": "production", "table": "deployments", "row": {…}}</c>, tables in the order
/// their references need, rows in the order they were written. The recorded schema, which is no history, is left out.
/// </summary>
public static class LedgerExport
{
    private static readonly (string Table, string Order)[] s_tables =
    [
        ("releases", "created_at, id"),
        ("deployments", "number"),
        ("steps", "deployment_id, position"),
        ("evidence", "sequence"),
        ("events", "sequence"),
    ];

    /// <summary>Writes the whole ledgers to one file, which appears when it is complete. An environment without a ledger adds nothing.</summary>
    /// <param name="ledgers">The ledgers.</param>
    /// <param name="path">The file; it is replaced when it exists.</param>
    /// <param name="cancellationToken">Stops it; the file stays as it was.</param>
    /// <returns>How many rows were written.</returns>
    public static async Task<int> WriteAsync(IReadOnlyList<Ledger> ledgers, string path, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        int rows = 0;
        foreach (Ledger ledger in ledgers)
        {
            NpgsqlConnection connection = await ledger.Database.OpenAsync(cancellationToken, "supabase-deploy ledger").ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                NpgsqlTransaction snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
                await using (snapshot.ConfigureAwait(false))
                {
                    rows += await AppendAsync(ledger.Environment, connection, text, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        await AtomicFile.WriteAllTextAsync(path, text.ToString(), cancellationToken: cancellationToken).ConfigureAwait(false);
        return rows;
    }

    private static async Task<int> AppendAsync(DeploymentEnvironment environment, NpgsqlConnection connection, StringBuilder text, CancellationToken cancellationToken)
    {
        int rows = 0;
        string name = JsonSerializer.Serialize(environment.Name);
        foreach ((string table, string order) in s_tables)
        {
            // Ledgers of older versions have fewer tables.
            if (!await connection.HasTableAsync("supabase_deploy", table, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            IReadOnlyList<string> lines = await connection.RowsAsync(
                $"select to_json(t)::text from supabase_deploy.{table} t order by {order}",
                row => row.GetString(0),
                cancellationToken).ConfigureAwait(false);
            foreach (string line in lines)
            {
                text.Append(CultureInfo.InvariantCulture, $$"""{"environment": {{name}}, "table": "{{table}}", "row": {{line}}}""").Append('\n');
            }

            rows += lines.Count;
        }

        return rows;
    }
}
