using Npgsql;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Whether a ledger that is about to be replaced is an earlier state of the one that replaces it. What was running may have ended since; what is finished, evidence
/// and events are never changed, so that every row must be found again. Releases are not asked: one that no deployment and no evidence names says nothing.
/// </summary>
internal static class LedgerContainment
{
    private static readonly (string Table, string Key, string Stranger)[] s_tables =
    [
        ("deployments", "id", "format('deployment %s (%s, by %s)', number, kind, requested_by)"),
        ("steps", "deployment_id, position", "format('the end of step ''%s'' of a deployment', name)"),
        ("evidence", "sequence", "format('evidence ''%s'' of %s', kind, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS\"Z\"'))"),
        ("events", "sequence", "format('event ''%s'' (by %s)', kind, recorded_by)"),
    ];

    /// <summary>The name of the table that holds the rows of an image, in the transaction that replaces the ledger.</summary>
    public static string Kept(LedgerTable table) => $"pg_temp.kept_{table.Name}";

    /// <summary>Something that the ledger holds and the image does not, in words; null when all of it is in the image.</summary>
    /// <param name="image">The image, whose rows are in the tables that <see cref="Kept"/> names.</param>
    /// <param name="connection">The ledger's database.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<string?> FindStrangerAsync(LedgerImage image, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach ((string table, string key, string stranger) in s_tables)
        {
            // An image from before there was such a table has none of its rows.
            LedgerTable? kept = image.Tables.SingleOrDefault(each => each.Name == table);
            string open = table is "deployments" or "steps" ? $"and not (status = 'Running' and ({key}) in (select {key} from {Kept(kept!)}))" : "";
            string missing = kept is null ? $"supabase_deploy.{table}" : $"(select {kept.Columns} from supabase_deploy.{table} except select {kept.Columns} from {Kept(kept)}) as missing";
            using var command = new NpgsqlCommand($"select {stranger} from {missing} where true {open} order by {key} limit 1", connection);
            if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string found)
            {
                return found;
            }
        }

        return null;
    }
}
