using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// A database of one's own to try things on: a server that nobody else uses, prepared as a Supabase project, with a chain of files
/// applied and recorded. Its database is called <c>postgres</c>, as a project's is, and its roles are its own. Disposing it stops the
/// server and deletes everything.
/// </summary>
public sealed class ShadowDatabase : IAsyncDisposable
{
    private readonly ThrowAwayCluster _cluster;

    internal ShadowDatabase(ThrowAwayCluster cluster, IReadOnlyList<MigrationFile> chain)
    {
        _cluster = cluster;
        Chain = chain;
        Application = cluster.Application;
        Administration = cluster.Administration;
        Installation = cluster.Installation;
    }

    /// <summary>The database as role <c>postgres</c>, which runs migrations and is no superuser.</summary>
    public DatabaseAddress Application { get; }

    /// <summary>The same database as superuser <c>supabase_admin</c>.</summary>
    public DatabaseAddress Administration { get; }

    /// <summary>The programs of its version.</summary>
    public PostgresInstallation Installation { get; }

    /// <summary>Major and minor version of its server.</summary>
    public Version ServerVersion => Installation.Version;

    /// <summary>The files that are applied, in order.</summary>
    public IReadOnlyList<MigrationFile> Chain { get; }

    /// <summary>How many of them came with a snapshot from the cache; the rest was applied.</summary>
    public int CachedFiles { get; init; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
