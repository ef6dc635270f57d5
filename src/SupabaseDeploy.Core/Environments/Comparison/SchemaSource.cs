using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Postgres.Catalog;

namespace SupabaseDeploy.Environments;

/// <summary>Something that has a database schema, or makes one.</summary>
/// <param name="Name">What a person calls it: <c>production</c>, <c>./migrations</c>, <c>backup 20261122-234512-0a1b</c>.</param>
public abstract record SchemaSource(string Name)
{
    /// <summary>Reads its schema. Whatever had to be started for it is gone afterwards.</summary>
    /// <exception cref="DeployException">It cannot be reached, built or read.</exception>
    public abstract Task<DatabaseCatalog> ReadAsync(IProgressSink sink, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    /// <summary>The environment's name; for a bare database where it is, as many are called the same.</summary>
    protected static string NameOf(DeploymentEnvironment environment) => environment is { Target: TargetKind.Database, Database: { } database }
        ? $"{database.Host}:{database.Port}/{database.Database}"
        : environment.Name;

    /// <summary>Reads the schema of one database.</summary>
    internal static async Task<DatabaseCatalog> ReadAsync(DatabaseAddress database, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken, "supabase-deploy compare").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await CatalogReader.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }
}
