using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// A cluster for one piece of work, never an environment's own. It goes when the work ends; what a killed process left, the next one
/// that works in the same folder removes.
/// </summary>
internal sealed class ThrowAwayCluster : IAsyncDisposable
{
    private static readonly TimeSpan s_removalLimit = TimeSpan.FromSeconds(60);

    private readonly FolderClaim _folder;
    private readonly PostgresCluster _cluster;

    private ThrowAwayCluster(FolderClaim folder, ClusterOptions options)
    {
        _folder = folder;
        _cluster = PostgresCluster.At(folder.Path, options);
    }

    /// <summary>The application's database as role <c>postgres</c>.</summary>
    public DatabaseAddress Application => _cluster.Application;

    /// <summary>The same as superuser.</summary>
    public DatabaseAddress Administration => _cluster.Administration;

    /// <summary>The programs of its version.</summary>
    public PostgresInstallation Installation => _cluster.Installation;

    /// <summary>The passwords of both roles.</summary>
    public ClusterPasswords? Passwords => _cluster.Passwords;

    /// <summary>Its data folder.</summary>
    public async Task<string> GetDataFolderAsync(CancellationToken cancellationToken) =>
        (await _cluster.GetStateAsync(cancellationToken).ConfigureAwait(false)).DataFolder!;

    /// <summary>Starts the server again after it was stopped. It may have another port than before.</summary>
    public Task StartAsync(IProgressSink sink, CancellationToken cancellationToken) => _cluster.StartAsync(sink, cancellationToken);

    /// <summary>Stops the server with everything written.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _cluster.StopAsync(cancellationToken);

    /// <summary>Starts a new one, after those that killed processes left were removed.</summary>
    /// <param name="parent">The folder of all clusters for this kind of work.</param>
    /// <param name="options">How it is run; it is thrown away in any case.</param>
    /// <param name="sink">Is told about leftovers.</param>
    /// <param name="cancellationToken">Leaves nothing behind.</param>
    public static async Task<ThrowAwayCluster> StartAsync(string parent, ClusterOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        ClusterOptions thrownAway = options with { IsThrowAway = true };
        foreach (FolderClaim abandoned in FolderClaim.TakeAbandoned(parent, ""))
        {
            using (abandoned)
            {
                sink.Publish(new Detail($"Removing '{abandoned.Path}', left by a process that was killed."));
                await PostgresCluster.At(abandoned.Path, thrownAway).RemoveAsync(cancellationToken).ConfigureAwait(false);
                abandoned.Delete();
            }
        }

        var cluster = new ThrowAwayCluster(FolderClaim.Create(Path.Combine(parent, Guid.NewGuid().ToString("N"))), thrownAway);
        try
        {
            await cluster._cluster.StartAsync(sink, cancellationToken).ConfigureAwait(false);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops the server and deletes everything of it, also after the work was cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(s_removalLimit);
        try
        {
            await _cluster.RemoveAsync(limit.Token).ConfigureAwait(false);
            _folder.Delete();
        }
        finally
        {
            _folder.Dispose();
        }
    }
}
