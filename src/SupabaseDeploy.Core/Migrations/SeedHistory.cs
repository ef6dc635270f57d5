using Npgsql;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Which seeds ran, in the CLI's table <c>supabase_migrations.seed_files</c>. A changed seed is run again, with its new hash in the same
/// transaction; the CLI only updates the hash.
/// </summary>
internal static class SeedHistory
{
    private const string CreateSql =
        """
        create schema if not exists supabase_migrations;
        create table if not exists supabase_migrations.seed_files (path text not null primary key, hash text not null)
        """;

    private const string RecordSql =
        "insert into supabase_migrations.seed_files (path, hash) values ($1, $2) on conflict (path) do update set hash = excluded.hash";

    /// <summary>Runs what is new or changed; gives the names of what ran.</summary>
    public static async Task<IReadOnlyList<string>> ApplyAsync(
        NpgsqlConnection connection, ScriptSession session, IReadOnlyList<SeedFile> seeds, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (seeds.Count == 0)
        {
            return [];
        }

        var applied = new List<string>();
        await session.ResetAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, string> recorded = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        foreach (SeedFile seed in seeds.Where(seed => recorded.GetValueOrDefault(seed.Name) != seed.Hash))
        {
            sink.Publish(new Detail($"Running seed '{seed.Name}'."));
            SqlScript script = await SqlScript.ReadAsync(seed.Path, cancellationToken).ConfigureAwait(false);
            var record = new NpgsqlBatchCommand(RecordSql)
            {
                Parameters = { new NpgsqlParameter { Value = seed.Name }, new NpgsqlParameter { Value = seed.Hash } },
            };
            await session.RunAsync(script, record, cancellationToken).ConfigureAwait(false);
            applied.Add(seed.Name);
        }

        return applied;
    }

    private static async Task<Dictionary<string, string>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var exists = new NpgsqlCommand(
            "select exists (select from pg_tables where schemaname = 'supabase_migrations' and tablename = 'seed_files')", connection);
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!)
        {
            using var create = new NpgsqlCommand(CreateSql, connection);
            await create.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        using var read = new NpgsqlCommand("select path, hash from supabase_migrations.seed_files", connection);
        NpgsqlDataReader row = await read.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            var hashes = new Dictionary<string, string>();
            while (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                hashes.Add(row.GetString(0), row.GetString(1));
            }

            return hashes;
        }
    }
}
