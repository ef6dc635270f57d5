using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>Copies a whole ledger into another database, in one transaction there.</summary>
internal static class LedgerCopy
{
    private const string Head = "evidence_head";

    // In the order their references allow. Columns are copied by name: the two tables may have been made by different versions.
    private static readonly (string Table, string Columns)[] s_tables =
    [
        ("releases", "id, application, manifest, created_at"),
        ("deployments", "id, number, kind, status, release_id, previous_release_id, changed, reason, lockout, requested_by, started_at, finished_at, plan"),
        ("steps", "deployment_id, position, name, status, started_at, finished_at, message"),
        ("evidence", "sequence, kind, release_id, environment, passed, deployment_id, content, recorded_at, previous_hash, hash"),
        (Head, "id, sequence, hash"),
        ("events", "sequence, deployment_id, kind, message, recorded_by, recorded_at"),
        ("recorded_schema", "id, deployment_id, recorded_at, reader, server_version, history, fingerprint, objects"),
    ];

    private static readonly string s_allTables = string.Join(", ", s_tables.Select(table => $"supabase_deploy.{table.Table}"));

    /// <summary>Copies it. The transaction that reads stays open on <paramref name="from"/>, and lets nobody write evidence or events there as long as it is.</summary>
    public static async Task RunAsync(NpgsqlConnection from, NpgsqlConnection to, CancellationToken cancellationToken)
    {
        await from.ExecuteAsync("begin isolation level repeatable read", cancellationToken).ConfigureAwait(false);
        await LedgerClosing.LockAllAsync(from, cancellationToken).ConfigureAwait(false);
        NpgsqlTransaction writing = await to.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (writing.ConfigureAwait(false))
        {
            // The one place where a ledger is replaced: by a later state of itself.
            await SwitchTriggersAsync(to, "disable", cancellationToken).ConfigureAwait(false);
            await to.ExecuteAsync($"truncate {s_allTables}", cancellationToken).ConfigureAwait(false);
            foreach ((string table, string columns) in s_tables)
            {
                await CopyAsync(from, to, table, columns, cancellationToken).ConfigureAwait(false);
            }

            await SwitchTriggersAsync(to, "enable", cancellationToken).ConfigureAwait(false);
            await writing.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads a ledger into memory, at one moment.</summary>
    public static async Task<LedgerImage> ReadAsync(NpgsqlConnection from, CancellationToken cancellationToken)
    {
        NpgsqlTransaction reading = await from.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        await using (reading.ConfigureAwait(false))
        {
            return await ReadTablesAsync(from, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same within a transaction at work, whose snapshot is that moment.</summary>
    public static async Task<LedgerImage> ReadTablesAsync(NpgsqlConnection from, CancellationToken cancellationToken)
    {
        var tables = new List<LedgerTable>();
        foreach ((string table, string columns) in s_tables)
        {
            using var rows = new MemoryStream();
            NpgsqlRawCopyStream source = await from.BeginRawBinaryCopyAsync(
                $"copy supabase_deploy.{table} ({columns}) to stdout (format binary)", cancellationToken).ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                await source.CopyToAsync(rows, cancellationToken).ConfigureAwait(false);
            }

            tables.Add(new LedgerTable(table, columns, rows.ToArray()));
        }

        return new LedgerImage(tables);
    }

    /// <summary>Replaces a ledger by a later state of itself that was read before. Where it holds what that state does not, it is left as it is.</summary>
    /// <returns>Something that it holds and the other does not; null when it was replaced.</returns>
    public static async Task<string?> WriteAsync(LedgerImage image, NpgsqlConnection to, CancellationToken cancellationToken)
    {
        NpgsqlTransaction writing = await to.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (writing.ConfigureAwait(false))
        {
            await SwitchTriggersAsync(to, "disable", cancellationToken).ConfigureAwait(false);
            foreach (LedgerTable table in image.Tables)
            {
                string kept = LedgerContainment.Kept(table);
                await to.ExecuteAsync($"create temporary table {kept} on commit drop as select {table.Columns} from supabase_deploy.{table.Name} with no data", cancellationToken).ConfigureAwait(false);
                NpgsqlRawCopyStream target = await to.BeginRawBinaryCopyAsync(
                    $"copy {kept} ({table.Columns}) from stdin (format binary)", cancellationToken).ConfigureAwait(false);
                await using (target.ConfigureAwait(false))
                {
                    await target.WriteAsync(table.Rows, cancellationToken).ConfigureAwait(false);
                }
            }

            // Switching the triggers keeps every other writer out until the end.
            if (await LedgerContainment.FindStrangerAsync(image, to, cancellationToken).ConfigureAwait(false) is { } stranger)
            {
                return stranger;
            }

            await to.ExecuteAsync($"truncate {s_allTables}", cancellationToken).ConfigureAwait(false);
            foreach (LedgerTable table in image.Tables)
            {
                await to.ExecuteAsync($"insert into supabase_deploy.{table.Name} ({table.Columns}) select {table.Columns} from {LedgerContainment.Kept(table)}", cancellationToken).ConfigureAwait(false);
            }

            if (image.Tables.All(table => table.Name != Head))
            {
                // It was kept by a version of this module whose ledger had none.
                await to.ExecuteAsync(
                    $"insert into supabase_deploy.{Head} (sequence, hash) select sequence, hash from supabase_deploy.evidence order by sequence desc limit 1", cancellationToken).ConfigureAwait(false);
            }

            await SwitchTriggersAsync(to, "enable", cancellationToken).ConfigureAwait(false);
            await writing.CommitAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Takes every row out of a ledger.</summary>
    public static async Task EmptyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        NpgsqlTransaction writing = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (writing.ConfigureAwait(false))
        {
            await SwitchTriggersAsync(connection, "disable", cancellationToken).ConfigureAwait(false);
            await connection.ExecuteAsync($"truncate {s_allTables}", cancellationToken).ConfigureAwait(false);
            await SwitchTriggersAsync(connection, "enable", cancellationToken).ConfigureAwait(false);
            await writing.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task CopyAsync(NpgsqlConnection from, NpgsqlConnection to, string table, string columns, CancellationToken cancellationToken)
    {
        NpgsqlRawCopyStream source = await from.BeginRawBinaryCopyAsync(
            $"copy supabase_deploy.{table} ({columns}) to stdout (format binary)", cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            NpgsqlRawCopyStream target = await to.BeginRawBinaryCopyAsync(
                $"copy supabase_deploy.{table} ({columns}) from stdin (format binary)", cancellationToken).ConfigureAwait(false);
            await using (target.ConfigureAwait(false))
            {
                await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task SwitchTriggersAsync(NpgsqlConnection connection, string verb, CancellationToken cancellationToken)
    {
        foreach ((string table, _) in s_tables)
        {
            await connection.ExecuteAsync($"alter table supabase_deploy.{table} {verb} trigger user", cancellationToken).ConfigureAwait(false);
        }
    }
}
