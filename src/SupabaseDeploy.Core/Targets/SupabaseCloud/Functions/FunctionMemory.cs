using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>
/// What the platform does not remember about functions: which release's digest a bundle has, and the sources of what a deployment replaced. It is in the
/// project's own database, because the runner that goes back is seldom the one that deployed.
/// </summary>
internal sealed class FunctionMemory(Func<CancellationToken, Task<DatabaseAddress>> database)
{
    private const int DeploymentsKept = 5;

    private const string Create = """
        create table if not exists supabase_deploy.functions (
            slug text primary key, digest text not null, bundle text, metadata text not null, files bytea not null, deployed_at timestamptz not null default now());
        create table if not exists supabase_deploy.kept_functions (
            deployment uuid not null, slug text not null, digest text, bundle text, metadata text, files bytea, kept_at timestamptz not null default now(),
            primary key (deployment, slug));
        """;

    /// <summary>What releases brought, by slug, without the sources.</summary>
    public Task<IReadOnlyDictionary<string, KeptFunction>> ReadDeployedAsync(CancellationToken cancellationToken) =>
        InSessionAsync<IReadOnlyDictionary<string, KeptFunction>>(
            async connection => await connection.HasTableAsync("supabase_deploy", "functions", cancellationToken).ConfigureAwait(false)
                ? (await connection.RowsAsync(
                    "select slug, digest, bundle, metadata from supabase_deploy.functions",
                    row => new KeptFunction(row.GetString(0), row.GetString(1), Text(row, 2), JsonSerializer.Deserialize(row.GetString(3), ApiJson.Default.FunctionMetadata)!, []),
                    cancellationToken).ConfigureAwait(false)).ToDictionary(function => function.Slug, StringComparer.Ordinal)
                : new Dictionary<string, KeptFunction>(),
            cancellationToken);

    /// <summary>The function that a release brought and that is remembered with its sources; null for none.</summary>
    public Task<KeptFunction?> FindAsync(string slug, CancellationToken cancellationToken) => InSessionAsync(
        async connection => await connection.HasTableAsync("supabase_deploy", "functions", cancellationToken).ConfigureAwait(false)
            ? (await ReadAsync(connection, "select slug, digest, bundle, metadata, files from supabase_deploy.functions where slug = $1", slug, cancellationToken).ConfigureAwait(false)).FirstOrDefault().Function
            : null,
        cancellationToken);

    /// <summary>Remembers what is deployed now, and forgets what was removed.</summary>
    public Task RememberAsync(IReadOnlyList<KeptFunction> deployed, IReadOnlyList<string> removed, CancellationToken cancellationToken) => InTransactionAsync(
        async connection =>
        {
            foreach (string slug in removed.Concat(deployed.Select(function => function.Slug)))
            {
                await ExecuteAsync(connection, "delete from supabase_deploy.functions where slug = $1", cancellationToken, slug).ConfigureAwait(false);
            }

            foreach (KeptFunction function in deployed.Where(function => function.Digest is not null))
            {
                await ExecuteAsync(
                    connection,
                    "insert into supabase_deploy.functions (slug, digest, bundle, metadata, files) values ($1, $2, $3, $4, $5)",
                    cancellationToken,
                    Values(function)).ConfigureAwait(false);
            }
        },
        cancellationToken);

    /// <summary>The slugs that are kept under a deployment.</summary>
    public Task<IReadOnlySet<string>> KeptSlugsAsync(Guid deployment, CancellationToken cancellationToken) => InSessionAsync<IReadOnlySet<string>>(
        async connection => await connection.HasTableAsync("supabase_deploy", "kept_functions", cancellationToken).ConfigureAwait(false)
            ? (await connection.RowsAsync($"select slug from supabase_deploy.kept_functions where deployment = '{deployment}'", row => row.GetString(0), cancellationToken).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal)
            : new HashSet<string>(),
        cancellationToken);

    /// <summary>Keeps what a deployment is going to replace; null for a slug that is not there yet. What is kept already stays as it is.</summary>
    public Task KeepAsync(Guid deployment, IReadOnlyList<(string Slug, KeptFunction? Function)> functions, CancellationToken cancellationToken) => InTransactionAsync(
        async connection =>
        {
            foreach ((string slug, KeptFunction? function) in functions)
            {
                object?[] values = function is null ? [slug, null, null, null, null] : Values(function);
                await ExecuteAsync(
                    connection,
                    "insert into supabase_deploy.kept_functions (deployment, slug, digest, bundle, metadata, files) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
                    cancellationToken,
                    [deployment, .. values]).ConfigureAwait(false);
            }

            await ExecuteAsync(
                connection,
                $"""
                delete from supabase_deploy.kept_functions where deployment not in (
                    select deployment from supabase_deploy.kept_functions group by deployment order by max(kept_at) desc limit {DeploymentsKept})
                """,
                cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>What was kept under a deployment, by slug; null for a slug that was not there before it.</summary>
    public Task<IReadOnlyList<(string Slug, KeptFunction? Function)>> ReadKeptAsync(Guid deployment, CancellationToken cancellationToken) =>
        InSessionAsync<IReadOnlyList<(string, KeptFunction?)>>(
            async connection => await connection.HasTableAsync("supabase_deploy", "kept_functions", cancellationToken).ConfigureAwait(false)
                ? await ReadAsync(
                    connection, "select slug, digest, bundle, metadata, files from supabase_deploy.kept_functions where deployment = $1 order by slug", deployment, cancellationToken).ConfigureAwait(false)
                : [],
            cancellationToken);

    private static object?[] Values(KeptFunction function) =>
    [
        function.Slug, function.Digest, function.Bundle, JsonSerializer.Serialize(function.Metadata, ApiJson.Default.FunctionMetadata), FunctionArchive.Pack(function.Files),
    ];

    private static async Task<IReadOnlyList<(string Slug, KeptFunction? Function)>> ReadAsync(
        NpgsqlConnection connection, string sql, object value, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter { Value = value } } };
        NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var functions = new List<(string, KeptFunction?)>();
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                string slug = reader.GetString(0);
                functions.Add((slug, Text(reader, 3) is { } metadata
                    ? new KeptFunction(slug, Text(reader, 1), Text(reader, 2), JsonSerializer.Deserialize(metadata, ApiJson.Default.FunctionMetadata)!, FunctionArchive.Unpack(reader.GetFieldValue<byte[]>(4)))
                    : null));
            }

            return functions;
        }
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        using var command = new NpgsqlCommand(sql, connection);
        foreach (object? value in values)
        {
            // A null that could be text or bytes is told by the column.
            command.Parameters.Add(value is null ? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Unknown } : new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> InSessionAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        DatabaseAddress address = await database(cancellationToken).ConfigureAwait(false);
        NpgsqlConnection connection = await address.OpenAsync(cancellationToken, "supabase-deploy functions").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await work(connection).ConfigureAwait(false);
        }
    }

    private Task InTransactionAsync(Func<NpgsqlConnection, Task> work, CancellationToken cancellationToken) => InSessionAsync(
        async connection =>
        {
            NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await ExecuteAsync(connection, Create, cancellationToken).ConfigureAwait(false);
                await work(connection).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }

            return true;
        },
        cancellationToken);
}
