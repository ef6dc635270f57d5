using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Makes shadow databases. Each is a server of its own, so that what a chain does to roles and settings stays in it. Chains that took
/// long to apply are kept as snapshots in the user's cache folder; the next shadow begins with a copy of the longest that fits.
/// </summary>
/// <param name="options">How the servers are run; null for the usual way. They are thrown away in any case.</param>
public sealed class ShadowDatabases(ClusterOptions? options = null)
{
    private readonly ClusterOptions _options = options ?? new ClusterOptions();

    /// <summary>Most bytes of all snapshots together; null for what the environment says.</summary>
    internal long? Limit { get; init; }

    /// <summary>What applying must take for a snapshot to be kept, which itself takes about as long.</summary>
    internal TimeSpan WorthKeeping { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>A fresh database with <paramref name="chain"/> applied and recorded. Dispose it.</summary>
    /// <param name="chain">The files in order, usually all of a folder or the first ones; empty for an empty project.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Leaves nothing behind.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ShadowNotBuilt"/>: a file does not apply; or no PostgreSQL can be run.</exception>
    public async Task<ShadowDatabase> OpenAsync(IReadOnlyList<MigrationFile> chain, IProgressSink sink, CancellationToken cancellationToken)
    {
        // Only names things: the address of the server is not known yet, and no seed is run.
        var nowhere = new DatabaseAddress { Host = "127.0.0.1", Database = "shadow", User = "postgres" };
        string folder = chain.Count == 0 ? Folders.Shadows : Path.GetDirectoryName(chain[0].Path)!;
        var content = new ShadowContent(chain, DeploymentEnvironment.ForDatabase(nowhere, folder), []);
        MadeShadow made = await StartAsync(Folders.Shadows, content, sink, cancellationToken).ConfigureAwait(false);
        return new ShadowDatabase(made.Cluster, chain) { CachedFiles = made.Cached };
    }

    /// <summary>A cluster with some content. Dispose it.</summary>
    /// <param name="parent">The folder of all clusters for this kind of work.</param>
    /// <param name="content">What it shall have in it.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Leaves nothing behind.</param>
    /// <param name="passwords">The passwords that its roles get; null to draw them.</param>
    internal async Task<MadeShadow> StartAsync(
        string parent, ShadowContent content, IProgressSink sink, CancellationToken cancellationToken, ClusterPasswords? passwords = null)
    {
        Folders.CreateReachable(Folders.Cache);
        TimeProvider time = _options.TimeProvider ?? TimeProvider.System;
        var cache = new SnapshotCache(Folders.Snapshots, Limit ?? SnapshotLimit.OfThisMachine(), time);
        var source = new SnapshotSource(cache, await content.ReadChainAsync(cancellationToken).ConfigureAwait(false));
        ClusterOptions options = _options with { Snapshot = source, Passwords = passwords };
        ThrowAwayCluster cluster = await ThrowAwayCluster.StartAsync(parent, options, sink, cancellationToken).ConfigureAwait(false);
        try
        {
            if (source.Found == 0 && !content.AreNewObjectsGranted)
            {
                await NewObjectGrants.EnsureAsync(cluster.Administration, areGranted: false, cancellationToken).ConfigureAwait(false);
            }

            await new ShadowBuilder(cluster, source, content, WorthKeeping, time).RunAsync(sink, cancellationToken).ConfigureAwait(false);
            return new MadeShadow(cluster, content, source);
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private StateFolders Folders => _options.Folders ?? StateFolders.OfThisMachine();
}
