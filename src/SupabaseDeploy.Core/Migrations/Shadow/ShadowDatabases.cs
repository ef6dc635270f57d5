using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Makes shadow databases. Each is a server of its own, so that what a chain does to roles and settings stays in it.</summary>
/// <param name="options">How the servers are run; null for the usual way. They are thrown away in any case.</param>
public sealed class ShadowDatabases(ClusterOptions? options = null)
{
    private readonly ClusterOptions _options = options ?? new ClusterOptions();

    /// <summary>A fresh database with <paramref name="chain"/> applied and recorded. Dispose it.</summary>
    /// <param name="chain">The files in order, usually all of a folder or the first ones; empty for an empty project.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Leaves nothing behind.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ShadowNotBuilt"/>: a file does not apply; or no PostgreSQL can be run.</exception>
    public async Task<ShadowDatabase> OpenAsync(IReadOnlyList<MigrationFile> chain, IProgressSink sink, CancellationToken cancellationToken)
    {
        StateFolders folders = _options.Folders ?? StateFolders.OfThisMachine();
        folders.CreateReachable(folders.Cache);
        ThrowAwayCluster cluster = await ThrowAwayCluster.StartAsync(folders.Shadows, _options, sink, cancellationToken).ConfigureAwait(false);
        try
        {
            await ApplyAsync(chain, cluster.Application, sink, cancellationToken).ConfigureAwait(false);
            return new ShadowDatabase(cluster, chain);
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task ApplyAsync(IReadOnlyList<MigrationFile> chain, DatabaseAddress database, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (chain.Count == 0)
        {
            return;
        }

        string folder = Path.GetDirectoryName(chain[0].Path)!;
        var request = new MigrationRequest
        {
            Environment = DeploymentEnvironment.ForDatabase(database, folder) with { Name = "shadow" },
            Database = database,
            Folder = folder,
            Files = chain,
        };
        try
        {
            await new MigrationRunner(_options.TimeProvider).ApplyAsync(request, sink, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code == ErrorTable.MigrationFailed)
        {
            throw new DeployException(
                ErrorTable.ShadowNotBuilt,
                $"The files do not apply to an empty project, so there is no database to try them on: {e.Message}",
                "Correct the file, so that the folder makes a database from nothing.",
                e.Target,
                e);
        }
    }
}
