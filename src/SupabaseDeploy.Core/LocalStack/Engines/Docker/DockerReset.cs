using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Makes a new database beside the running one, in a volume of its own, and exchanges the volumes. Beside means a second stack of the
/// database and of those services that make objects in it, because migrations name them; it is gone before the exchange.
/// </summary>
internal sealed class DockerReset(EngineContext context, DockerConnection docker, DockerNames names, LocalKeys keys)
{
    private static readonly TimeSpan s_cleanupLimit = TimeSpan.FromSeconds(60);

    private readonly DockerThings _things = new(docker, names);
    private readonly DockerThings _beside = new(docker, names.Beside());

    /// <summary>As <see cref="ILocalStackEngine.ReplaceDatabaseAsync"/>.</summary>
    /// <param name="plan">What the new database holds.</param>
    /// <param name="record">Brings the ledger along.</param>
    /// <param name="database">The old database.</param>
    /// <param name="gatewayPort">The gateway's port.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Stops it until the exchange.</param>
    public async Task<ReplacedDatabase> RunAsync(
        ResetPlan plan, ResetRecord record, DatabaseAddress database, int gatewayPort, IProgressSink sink, CancellationToken cancellationToken)
    {
        await _beside.RemoveAllAsync(cancellationToken).ConfigureAwait(false);
        await DockerVolumes.RemoveOldAsync(_things, await _things.ListAsync(cancellationToken).ConfigureAwait(false), sink, cancellationToken).ConfigureAwait(false);
        string volume = await DockerVolumes.NextAsync(_things, cancellationToken).ConfigureAwait(false);
        try
        {
            await _things.CreateVolumeAsync(volume, cancellationToken).ConfigureAwait(false);
            DatabaseAddress made = await MakeAsync(volume, gatewayPort, sink, cancellationToken).ConfigureAwait(false);
            await ProjectContent.Of(context.Configuration).EnsureSecretsAsync(DockerDatabase.Administration(made.Port, keys), cancellationToken).ConfigureAwait(false);
            await ApplyAsync(plan, made, sink, cancellationToken).ConfigureAwait(false);
            await record.WriteAsync(database, made, Deployments.RecordedSchema.MeasureAsync, cancellationToken).ConfigureAwait(false);
            // In order: the database writes everything before its volume goes to the other one.
            await DockerStop.RunAsync(_beside, cancellationToken).ConfigureAwait(false);
            await _beside.RemoveAllAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            using var cleanup = new CancellationTokenSource(s_cleanupLimit);
            await _beside.RemoveAllAsync(cleanup.Token).ConfigureAwait(false);
            await _things.RemoveVolumeAsync(volume, cleanup.Token).ConfigureAwait(false);
            throw;
        }

        sink.Publish(new ActivityProgress(LocalStackResetter.ActivityOf(context.Environment), "Exchanging the databases", 70));
        TimeSpan downtime = await ExchangeAsync(volume, gatewayPort, sink).ConfigureAwait(false);
        return new ReplacedDatabase(FromCache: 0, downtime);
    }

    private async Task<DatabaseAddress> MakeAsync(string volume, int gatewayPort, IProgressSink sink, CancellationToken cancellationToken)
    {
        var planner = new DockerPlanner(context, names.Beside(), keys);
        planner.KeepOnly(await RunningAsync(cancellationToken).ConfigureAwait(false));
        var start = new DockerStart(_beside, planner, new DockerPorts(docker, [], null, null, sink), keys, sink, context.Time);
        (planner.NetworkGateway, _) = await _beside.EnsureNetworkAsync(cancellationToken).ConfigureAwait(false);
        await start.EnsureVolumesAsync(planner.OwnVolumes(), cancellationToken).ConfigureAwait(false);
        await start.RunAsync(planner.Services, gatewayPort, volume, cancellationToken).ConfigureAwait(false);
        return DockerDatabase.Application(start.Containers[DockerCatalog.Database].Port, keys);
    }

    /// <summary>The services that the stack runs and that make objects in the database, with the database itself.</summary>
    private async Task<Func<DockerService, bool>> RunningAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<FoundContainer> found = await _things.ListAsync(cancellationToken).ConfigureAwait(false);
        HashSet<string> running = [.. found.Where(container => container.IsRunning).Select(container => container.Service)];
        return service => service.Name == DockerCatalog.Database || (service.PreparesDatabase && running.Contains(service.Name));
    }

    private async Task ApplyAsync(ResetPlan plan, DatabaseAddress made, IProgressSink sink, CancellationToken cancellationToken)
    {
        var request = new MigrationRequest
        {
            Environment = context.Environment,
            Database = made,
            Folder = context.Environment.MigrationsFolder,
            Files = plan.Migrations,
            IncludeSeed = plan.Seeds.Count > 0,
        };
        await EmptyProject.ApplyAsync(request, context.Time, sink, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>From here on it is finished in any case: a killed one leaves a stack whose next start has one of the two volumes.</summary>
    private async Task<TimeSpan> ExchangeAsync(string volume, int gatewayPort, IProgressSink sink)
    {
        long begin = context.Time.GetTimestamp();
        IReadOnlyList<FoundContainer> found = await _things.ListAsync(CancellationToken.None).ConfigureAwait(false);
        var planner = new DockerPlanner(context, names, keys);
        HashSet<string> there = [.. found.Select(container => container.Service)];
        planner.KeepOnly(service => there.Contains(service.Name));
        (planner.NetworkGateway, _) = await _things.EnsureNetworkAsync(CancellationToken.None).ConfigureAwait(false);
        var ports = new DockerPorts(docker, found, StackRecord.Read(context.Folder.StackFile), planner.Configuration, sink);
        var start = new DockerStart(_things, planner, ports, keys, sink, context.Time)
        {
            // Whatever becomes of the other services: the old data is never taken for the stack's again.
            DatabaseIsHealthy = () => DockerVolumes.RemoveLeftAsync(_things, volume, sink, CancellationToken.None),
        };
        await start.RunAsync(planner.Services, gatewayPort, volume, CancellationToken.None).ConfigureAwait(false);
        return context.Time.GetElapsedTime(begin);
    }
}
