using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Brings a cluster that began with a snapshot, or with nothing, to the whole chain, and keeps snapshots on the way where they save more
/// than they cost: where this chain parts from one that was built before, after the migrations, and after the seeds. Secrets are written where
/// snapshots end.
/// </summary>
internal sealed class ShadowBuilder(
    ThrowAwayCluster cluster, SnapshotSource snapshots, ShadowContent content, TimeSpan worthKeeping, TimeProvider time)
{
    private TimeSpan _sinceSnapshot;

    /// <summary>Applies what is missing.</summary>
    public async Task RunAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        int whole = content.Files.Count + content.Seeds.Count;
        int[] keeping = [Math.Min(snapshots.CommonWithKnown(), content.Files.Count), content.Files.Count, whole];
        foreach (int stop in keeping.Select(stop => Math.Min(stop, snapshots.Kept)).Append(whole).Where(stop => stop > snapshots.Found).Distinct().Order())
        {
            if (stop > snapshots.Kept)
            {
                await content.Secrets!.EnsureSecretsAsync(cluster.Administration, cancellationToken).ConfigureAwait(false);
            }

            await ApplyAsync(stop, sink, cancellationToken).ConfigureAwait(false);
            if (stop <= snapshots.Kept && _sinceSnapshot >= worthKeeping)
            {
                await KeepAsync(stop, sink, cancellationToken).ConfigureAwait(false);
                _sinceSnapshot = TimeSpan.Zero;
            }
        }
    }

    private async Task ApplyAsync(int stop, IProgressSink sink, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        var request = new MigrationRequest
        {
            Environment = content.Environment,
            Database = cluster.Application,
            Folder = content.Environment.MigrationsFolder,
            Files = [.. content.Files.Take(stop)],
            IncludeSeed = stop > content.Files.Count,
        };
        await EmptyProject.ApplyAsync(request, time, sink, cancellationToken).ConfigureAwait(false);
        _sinceSnapshot += time.GetElapsedTime(start);
    }

    private async Task KeepAsync(int stop, IProgressSink sink, CancellationToken cancellationToken)
    {
        sink.Publish(new Detail($"Keeping a snapshot with {Counted(stop)} applied."));
        SnapshotChain now = await content.ReadChainAsync(cancellationToken).ConfigureAwait(false);
        await cluster.StopAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            snapshots.Save(stop, now, await cluster.GetDataFolderAsync(cancellationToken).ConfigureAwait(false), cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            sink.Publish(new Caution($"A snapshot for the next time could not be kept: {e.Message}"));
        }

        await cluster.StartAsync(sink, cancellationToken).ConfigureAwait(false);
    }

    private string Counted(int stop)
    {
        int files = Math.Min(stop, content.Files.Count);
        return $"{files} {(files == 1 ? "file" : "files")}{(stop > files ? " and the seeds" : "")}";
    }
}
