using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// What <c>config.toml</c> wants in the database: <c>storage.buckets</c> and <c>db.vault</c>. As the CLI does it, what is there gets what the
/// file says, and nothing is taken away.
/// </summary>
internal static class ProjectContent
{
    private const string UpsertBucket = """
        insert into storage.buckets as b (id, name, public, file_size_limit, allowed_mime_types) values ($1, $1, $2, $3, $4)
        on conflict (id) do update set public = excluded.public, file_size_limit = excluded.file_size_limit, allowed_mime_types = excluded.allowed_mime_types
        where (b.public, b.file_size_limit, b.allowed_mime_types) is distinct from (excluded.public, excluded.file_size_limit, excluded.allowed_mime_types)
        """;

    private const string UpsertSecret = """
        select case when s.id is null then vault.create_secret($2, $1)::text else vault.update_secret(s.id, $2)::text end
        from (select) one left join (select d.id, d.decrypted_secret from vault.decrypted_secrets d where d.name = $1) s on true
        where s.decrypted_secret is distinct from $2
        """;

    /// <summary>The keys that this honours, as <see cref="HonouredKeys"/> writes them.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        ["storage.buckets.*.public", "storage.buckets.*.file_size_limit", "storage.buckets.*.allowed_mime_types", "db.vault.*"];

    /// <summary>Makes the database so. Does not even connect where nothing is wanted.</summary>
    /// <param name="configuration">What the project says.</param>
    /// <param name="administration">The database as superuser.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task EnsureAsync(SupabaseConfiguration configuration, DatabaseAddress administration, CancellationToken cancellationToken)
    {
        List<NpgsqlParameter[]> buckets = [.. configuration.Names("storage.buckets").Select(name => Bucket(configuration, name))];
        List<NpgsqlParameter[]> secrets = [.. Secrets(configuration, "db.vault").Select(secret => new NpgsqlParameter[] { new() { Value = secret.Key }, new() { Value = secret.Value.Reveal() } })];
        if (buckets.Count + secrets.Count == 0)
        {
            return;
        }

        NpgsqlConnection connection = await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await RunAsync(connection, UpsertBucket, buckets, cancellationToken).ConfigureAwait(false);
            await RunAsync(connection, UpsertSecret, secrets, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The values of a table of secrets that are set. What dotenvx has encrypted only the CLI can read.</summary>
    public static IReadOnlyDictionary<string, Secret> Secrets(SupabaseConfiguration configuration, string table) =>
        configuration.Keys
            .Where(key => key.StartsWith(table + ".", StringComparison.Ordinal) && !IsEncrypted(configuration, key))
            .Select(key => (Name: key[(table.Length + 1)..], Value: configuration.Scalar(key)))
            .Where(secret => !string.IsNullOrEmpty(secret.Value))
            .ToDictionary(secret => secret.Name, secret => new Secret(secret.Value!));

    /// <summary>Whether a value is one that dotenvx has encrypted.</summary>
    public static bool IsEncrypted(SupabaseConfiguration configuration, string key) =>
        configuration.Json(key)?.StartsWith("\"encrypted:", StringComparison.Ordinal) == true;

    private static NpgsqlParameter[] Bucket(SupabaseConfiguration configuration, string name)
    {
        string table = $"storage.buckets.{name}";
        long? limit = configuration.Size($"{table}.file_size_limit") is > 0 and long own ? own : configuration.Size("storage.file_size_limit");
        return
        [
            new() { Value = name },
            new() { Value = configuration.Flag($"{table}.public") ?? false },
            new() { Value = limit is null ? DBNull.Value : limit, NpgsqlDbType = NpgsqlDbType.Bigint },
            new() { Value = configuration.Texts($"{table}.allowed_mime_types") is { Count: > 0 } types ? types.ToArray() : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        ];
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, IEnumerable<NpgsqlParameter[]> calls, CancellationToken cancellationToken)
    {
        foreach (NpgsqlParameter[] parameters in calls)
        {
            using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
