using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>A backup restored into a throw-away cluster, to be looked at. Gone when disposed.</summary>
internal sealed class RestoredBackup : IAsyncDisposable
{
    private readonly ThrowAwayCluster _cluster;

    private RestoredBackup(ThrowAwayCluster cluster, DatabaseAddress database)
    {
        _cluster = cluster;
        Database = database;
    }

    /// <summary>The restored database as superuser.</summary>
    public DatabaseAddress Database { get; }

    /// <summary>Verifies the files and restores them.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.BackupDamaged"/>, <see cref="ErrorTable.RestoreFailed"/>.</exception>
    public static async Task<RestoredBackup> OpenAsync(DeploymentBackup backup, IProgressSink sink, CancellationToken cancellationToken)
    {
        string activity = $"Restore backup {backup.Id} to look at it";
        await BackupFiles.EnsureIntactAsync(backup, cancellationToken).ConfigureAwait(false);
        sink.Publish(new ActivityProgress(activity, "Starting a throw-away cluster", 0));
        string drills = Path.Combine(backup.Environment.Project.StateFolder, "drills");
        ThrowAwayCluster cluster = await ThrowAwayCluster.StartAsync(drills, new ClusterOptions(), sink, cancellationToken).ConfigureAwait(false);
        try
        {
            var builder = new DatabaseBuilder(cluster.Administration, new DumpProgram(cluster.Installation, sink), TimeProvider.System);
            await builder.RestoreRolesAsync(backup, changesExisting: true, cancellationToken).ConfigureAwait(false);
            DatabaseAddress database = await builder.BuildAsync(
                backup, "drill", BackupStore.ReadDefinition(backup), activity, cancellationToken).ConfigureAwait(false);
            return new RestoredBackup(cluster, database);
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
