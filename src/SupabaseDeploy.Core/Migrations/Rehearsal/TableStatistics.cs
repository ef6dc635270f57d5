using System.Globalization;
using Npgsql;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>What an environment's statistics say of one table.</summary>
/// <param name="Name">Schema and name, quoted where SQL needs it.</param>
/// <param name="Rows">Rows, as the last <c>ANALYZE</c> and the counters since then say; null when nothing was ever counted.</param>
/// <param name="Bytes">Bytes of the rows themselves.</param>
/// <param name="TotalBytes">The same with indexes and TOAST.</param>
internal sealed record TableStatistics(string Name, long? Rows, long Bytes, long TotalBytes)
{
    /// <summary>True when no row can be in it.</summary>
    public bool IsEmpty => Bytes == 0;

    /// <summary><c>41 M rows, 12 GB</c>.</summary>
    public override string ToString() => Rows is { } rows ? $"{Count(rows)} {(rows == 1 ? "row" : "rows")}, {Size(TotalBytes)}" : Size(TotalBytes);

    internal static string Count(long rows) => rows switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{rows / 1e9:0.#} G"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{rows / 1e6:0.#} M"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{rows / 1e3:0} k"),
        _ => rows.ToString(CultureInfo.InvariantCulture),
    };

    private static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.#} GB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0} kB"),
    };
}

/// <summary>The statistics of an environment's tables, read as its own role, in a read-only transaction that waits for nobody.</summary>
internal sealed class EnvironmentStatistics(IReadOnlyDictionary<string, TableStatistics> tables)
{
    // pg_relation_size looks into the table under the weakest lock, which waits only for ACCESS EXCLUSIVE; lock_timeout ends that.
    private const string BeginSql = "begin read only; set local lock_timeout = '1s'; set local statement_timeout = '30s'";

    private const string ExactSql =
        $"""
        select format('%I.%I', n.nspname, c.relname), {Rows}, pg_relation_size(c.oid), pg_total_relation_size(c.oid) {From}
        """;

    // As of the last VACUUM or ANALYZE, from the catalog alone.
    private const string EstimatedSql =
        $"""
        select format('%I.%I', n.nspname, c.relname), {Rows}, c.relpages::bigint * 8192,
            (c.relpages + coalesce(t.relpages, 0) + coalesce((select sum(x.relpages) from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid), 0))::bigint * 8192
        {From}
        """;

    private const string Rows = "case when c.reltuples < 0 then nullif(s.n_live_tup, 0) else greatest(c.reltuples::bigint, s.n_live_tup) end";

    private const string From =
        """
        from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_class t on t.oid = c.reltoastrelid
            left join pg_stat_all_tables s on s.relid = c.oid
        where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname !~ '^pg_(toast_)?temp_'
        """;

    /// <summary>Reads them.</summary>
    public static async Task<EnvironmentStatistics> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(connection, ExactSql, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.UndefinedTable)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await ReadAsync(connection, EstimatedSql, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The table of that name; null when the environment has none.</summary>
    public TableStatistics? Find(string name) => tables.GetValueOrDefault(name);

    private static async Task<EnvironmentStatistics> ReadAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(BeginSql, cancellationToken).ConfigureAwait(false);
        try
        {
            IReadOnlyList<TableStatistics> rows = await connection.RowsAsync(
                sql,
                row => new TableStatistics(
                    row.GetString(0),
                    row.IsDBNull(1) ? null : row.GetInt64(1),
                    row.IsDBNull(2) ? 0 : row.GetInt64(2), // Dropped meanwhile.
                    row.IsDBNull(3) ? 0 : row.GetInt64(3)),
                cancellationToken).ConfigureAwait(false);
            return new EnvironmentStatistics(rows.ToDictionary(table => table.Name));
        }
        finally
        {
            await connection.ExecuteAsync("rollback", CancellationToken.None).ConfigureAwait(false);
        }
    }
}
