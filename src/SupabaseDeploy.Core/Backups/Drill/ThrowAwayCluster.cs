using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>A cluster for one drill, never an environment's own. It goes when the drill ends; what a killed drill left, the next one removes.</summary>
internal sealed class ThrowAwayCluster : IAsyncDisposable
{
    private static readonly TimeSpan s_removalLimit = TimeSpan.FromSeconds(60);

    private readonly FolderClaim _folder;
    private readonly PostgresCluster _cluster;

    private ThrowAwayCluster(FolderClaim folder)
    {
        _folder = folder;
        _cluster = At(folder.Path);
    }

    /// <summary>A database of it as superuser.</summary>
    public DatabaseAddress Administration => _cluster.Administration;

    /// <summary>The programs of its version.</summary>
    public PostgresInstallation Installation => _cluster.Installation;

    /// <summary>Starts a new one, after those that killed drills left were removed.</summary>
    public static async Task<ThrowAwayCluster> StartAsync(ProjectFolder project, IProgressSink sink, CancellationToken cancellationToken)
    {
        string drills = Path.Combine(project.StateFolder, "drills");
        foreach (FolderClaim abandoned in FolderClaim.TakeAbandoned(drills, ""))
        {
            using (abandoned)
            {
                sink.Publish(new Detail($"Removing '{abandoned.Path}', left by a drill that was killed."));
                await At(abandoned.Path).RemoveAsync(cancellationToken).ConfigureAwait(false);
                abandoned.Delete();
            }
        }

        var cluster = new ThrowAwayCluster(FolderClaim.Create(Path.Combine(drills, Guid.NewGuid().ToString("N"))));
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

    /// <summary>Stops the server and deletes everything of it, also after the drill was cancelled.</summary>
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

    private static PostgresCluster At(string folder) => PostgresCluster.At(folder, new ClusterOptions { IsThrowAway = true });
}
