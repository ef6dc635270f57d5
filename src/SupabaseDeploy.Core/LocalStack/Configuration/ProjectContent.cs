using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// What <c>config.toml</c> wants in the database: <c>storage.buckets</c> and <c>db.vault</c>. As the CLI does it, what is there gets what the
/// file says, and nothing is taken away.
/// </summary>
internal sealed class ProjectContent
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

    private readonly IReadOnlyList<Wanted> _buckets;
    private readonly IReadOnlyList<Wanted> _secrets;
    private readonly bool _hasStorage;

    private ProjectContent(SupabaseConfiguration configuration)
    {
        _buckets = [.. configuration.Names("storage.buckets").Select(name => new Wanted($"Bucket '{name}'", UpsertBucket, Bucket(configuration, name)))];
        _secrets = [.. Secrets(configuration, "db.vault").Select(secret =>
            new Wanted($"Secret '{secret.Key}' of 'db.vault'", UpsertSecret, [new() { Value = secret.Key }, new() { Value = secret.Value.Reveal() }]))];
        _hasStorage = configuration.Flag("storage.enabled") != false;
    }

    /// <summary>The keys that this honours, as <see cref="HonouredKeys"/> writes them.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        ["storage.buckets.*.public", "storage.buckets.*.file_size_limit", "storage.buckets.*.allowed_mime_types", "db.vault.*"];

    /// <summary>What the project says.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidSupabaseConfiguration"/>.</exception>
    public static ProjectContent Of(SupabaseConfiguration configuration) => new(configuration);

    /// <summary>Whether it wants secrets in the vault.</summary>
    public bool HasSecrets => _secrets.Count > 0;

    /// <summary>Makes the database so. Does not even connect where nothing is wanted.</summary>
    /// <param name="administration">The database as superuser.</param>
    /// <param name="sink">Is told of buckets that are not made, as their table is the Storage service's, which need not run, and of secrets without a vault.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ProjectContentRefused"/>.</exception>
    public async Task EnsureAsync(DatabaseAddress administration, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (_buckets.Count + _secrets.Count == 0)
        {
            return;
        }

        NpgsqlConnection connection = await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            IEnumerable<Wanted> buckets = _buckets;
            if (_buckets.Count > 0 && await WhyNoBucketsAsync(connection, cancellationToken).ConfigureAwait(false) is { } why)
            {
                sink.Publish(new Notice($"{string.Join(", ", _buckets.Select(bucket => bucket.Name))} of 'supabase/config.toml' cannot be made: {why}"));
                buckets = [];
            }

            IEnumerable<Wanted> secrets = _secrets;
            if (HasSecrets && !await HasVaultAsync(connection, cancellationToken).ConfigureAwait(false))
            {
                sink.Publish(new Notice($"{string.Join(", ", _secrets.Select(secret => secret.Name))} of 'supabase/config.toml' cannot be written: the database has no extension 'supabase_vault'. The first start with it writes them."));
                secrets = [];
            }

            await RunAsync(connection, buckets.Concat(secrets), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Writes the secrets before migrations, which may read them, as the CLI does
    /// (<see href="https://github.com/supabase/cli/blob/develop/apps/cli-go/internal/db/start/start.go"/>). Where only a migration makes the vault, they come with <see cref="EnsureAsync"/>.
    /// </summary>
    /// <param name="administration">The new database as superuser.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ProjectContentRefused"/>.</exception>
    public async Task EnsureSecretsAsync(DatabaseAddress administration, CancellationToken cancellationToken)
    {
        if (!HasSecrets)
        {
            return;
        }

        NpgsqlConnection connection = await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            if (await HasVaultAsync(connection, cancellationToken).ConfigureAwait(false))
            {
                await RunAsync(connection, _secrets, cancellationToken).ConfigureAwait(false);
            }
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

    /// <summary>Null where they can be made.</summary>
    private async Task<string?> WhyNoBucketsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!_hasStorage)
        {
            return "'storage.enabled' is false.";
        }

        return await connection.HasTableAsync("storage", "buckets", cancellationToken).ConfigureAwait(false)
            ? null
            : "service 'storage', which makes their table, did not run yet. The first start with it makes them.";
    }

    private static Task<bool> HasVaultAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.HasTableAsync("vault", "decrypted_secrets", cancellationToken);

    private static async Task RunAsync(NpgsqlConnection connection, IEnumerable<Wanted> all, CancellationToken cancellationToken)
    {
        foreach (Wanted wanted in all)
        {
            await RunAsync(connection, wanted, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, Wanted wanted, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(wanted.Sql, connection);
        command.Parameters.AddRange(wanted.Parameters);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            throw new DeployException(
                ErrorTable.ProjectContentRefused,
                $"{wanted.Name} of 'supabase/config.toml' cannot be written to database '{connection.Database}': {(e as PostgresException)?.MessageText ?? e.Message}",
                "Correct what the message names, then run 'Start-LocalStack' again.",
                wanted.Name,
                e);
        }
    }

    private sealed record Wanted(string Name, string Sql, NpgsqlParameter[] Parameters);
}
