using Npgsql;
using NpgsqlTypes;

namespace SupabaseDeploy.Migrations;

/// <summary>What the server says of one relation: how often its whole content was read, which file holds it, and its newest index.</summary>
internal readonly record struct RelationCounter(long Scans, uint FileNode, uint NewestIndex);

/// <summary>
/// Reads the counters of the transaction at work, in its own session: they count a scan when it begins, so that they show it on empty
/// tables too.
/// </summary>
internal static class RelationCounters
{
    // Nothing here depends on search_path, on the role or on row level security.
    private const string InTransactionSql =
        """
        select c.oid, pg_catalog.pg_stat_get_xact_numscans(c.oid), coalesce(pg_catalog.pg_relation_filenode(c.oid), 0),
            coalesce((select i.indexrelid from pg_catalog.pg_index i where i.indrelid = c.oid order by i.indexrelid desc limit 1), 0)
        from pg_catalog.pg_class c where c.oid = any($1)
        """;

    private const string CommittedSql =
        """
        select c.oid, pg_catalog.pg_stat_get_numscans(c.oid), coalesce(pg_catalog.pg_relation_filenode(c.oid), 0),
            coalesce((select i.indexrelid from pg_catalog.pg_index i where i.indrelid = c.oid order by i.indexrelid desc limit 1), 0)
        from pg_catalog.pg_class c where c.oid = any($1)
        """;

    /// <summary>In the session at work, inside its transaction.</summary>
    public static Task<Dictionary<uint, RelationCounter>> ReadAsync(NpgsqlConnection working, IEnumerable<uint> relations, CancellationToken cancellationToken) =>
        ReadAsync(working, InTransactionSql, relations, cancellationToken);

    /// <summary>In any session, what ended transactions have counted.</summary>
    public static Task<Dictionary<uint, RelationCounter>> ReadCommittedAsync(NpgsqlConnection observer, IEnumerable<uint> relations, CancellationToken cancellationToken) =>
        ReadAsync(observer, CommittedSql, relations, cancellationToken);

    /// <summary>Makes the session at work hand in what it has counted, outside of a transaction.</summary>
    public static async Task FlushAsync(NpgsqlConnection working, CancellationToken cancellationToken)
    {
        // Two statements: what the first asks for happens when it ends.
        foreach (string sql in new[] { "select pg_catalog.pg_stat_force_next_flush()", "select 1" })
        {
            using var command = new NpgsqlCommand(sql, working);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<Dictionary<uint, RelationCounter>> ReadAsync(
        NpgsqlConnection connection, string sql, IEnumerable<uint> relations, CancellationToken cancellationToken)
    {
        var counters = new Dictionary<uint, RelationCounter>();
        uint[] asked = [.. relations];
        if (asked.Length == 0)
        {
            return counters;
        }

        using var command = new NpgsqlCommand(sql, connection)
        {
            Parameters = { new NpgsqlParameter { Value = asked, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid } },
        };
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                counters.Add(row.GetFieldValue<uint>(0), new RelationCounter(row.GetInt64(1), row.GetFieldValue<uint>(2), row.GetFieldValue<uint>(3)));
            }

            return counters;
        }
    }
}
