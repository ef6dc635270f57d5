using System.Runtime.CompilerServices;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Supabase's images through Docker, with our gateway in front of the ports that lead to them. What there is of a stack is asked of the
/// engine by label, so that it is found again after a crash at any point.
/// </summary>
internal sealed class DockerStackEngine(EngineContext context) : ILocalStackEngine
{
    // A start that was given up is cleaned up all the same, but not for ever.
    private static readonly TimeSpan s_cleanupLimit = TimeSpan.FromSeconds(60);

    private readonly StackFolder _folder = context.Folder;
    private readonly DockerNames _names = DockerNames.Of(context.Environment);
    private bool _hasBegun;

    public LocalStackEngine Kind => LocalStackEngine.Docker;

    public static IReadOnlyList<string> AllLogNames { get; } = [DockerCatalog.Database, GatewayService.ServiceName, LogFiles.Access, .. DockerCatalog.Names.Skip(1)];

    public IReadOnlyList<string> LogNames => AllLogNames;

    public string Host => StackRecord.Read(_folder.StackFile)?.PortOf(DockerCatalog.Database) is { } port ? $"127.0.0.1:{port}" : "127.0.0.1";

    /// <summary>Whether Docker has something of the stack, whatever became of the stack's files.</summary>
    public async Task<bool> HasThingsAsync(CancellationToken cancellationToken)
    {
        if (!context.HasDocker())
        {
            return false;
        }

        try
        {
            using DockerConnection docker = await DockerConnection.OpenAsync(context.Docker, cancellationToken).ConfigureAwait(false);
            var things = new DockerThings(docker, _names);
            return (await things.ListAsync(cancellationToken).ConfigureAwait(false)).Count > 0
                || (await things.ListVolumesAsync(cancellationToken).ConfigureAwait(false)).Count > 0;
        }
        catch (DeployException e) when (e.Code == ErrorTable.DockerUnreachable || e.Code == ErrorTable.DockerPermissionDenied || e.Code == ErrorTable.DockerNotLocal)
        {
            return false;
        }
    }

    public async Task<EngineObservation> ObserveAsync(CancellationToken cancellationToken)
    {
        LocalKeys? keys = LocalKeys.Read(_folder.KeysFile);
        GatewayService gatewayService = Gateway(_ => ServicePlan.Empty);
        RunningGateway? running = await gatewayService.LookAsync(cancellationToken).ConfigureAwait(false);
        LocalService? gateway = running is not null || context.HasGateway ? gatewayService.Describe(running) : null;
        try
        {
            using DockerConnection docker = await DockerConnection.OpenAsync(context.Docker, cancellationToken).ConfigureAwait(false);
            return await new DockerObservation(new DockerThings(docker, _names), running, gateway, keys).ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code == ErrorTable.DockerUnreachable || e.Code == ErrorTable.DockerPermissionDenied)
        {
            IReadOnlyList<LocalService> known = StackRecord.Read(_folder.StackFile)?.Services ?? [];
            return DockerObservation.OfUnreachable(known, gateway, keys, e.Message);
        }
    }

    public async Task<bool> StartAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        using DockerConnection docker = await DockerConnection.OpenAsync(context.Docker, cancellationToken).ConfigureAwait(false);
        _hasBegun = true;
        LocalKeys keys = LocalKeys.ReadOrCreate(_folder.KeysFile);
        var things = new DockerThings(docker, _names);
        var planner = new DockerPlanner(context, _names, keys);
        var images = new DockerImages(docker, $"Start local stack '{context.Environment.Name}'", sink, context.Time);
        IReadOnlyDictionary<string, string> failures = await images.EnsureAsync(
            planner.Services.GroupBy(planner.ImageOf).ToDictionary(image => image.Key, image => image.All(service => service.IsOptional)), cancellationToken).ConfigureAwait(false);
        foreach ((string image, string why) in failures)
        {
            sink.Publish(new Notice($"Image '{image}' cannot be pulled: {why} The stack runs without it."));
        }

        planner.LeaveOut(failures);
        await new DockerThings(docker, _names.Beside()).RemoveAllAsync(cancellationToken).ConfigureAwait(false); // What a killed reset left.
        IReadOnlyList<FoundContainer> found = await things.ListAsync(cancellationToken).ConfigureAwait(false);
        var ports = new DockerPorts(docker, found, StackRecord.Read(_folder.StackFile), planner.Configuration, sink);
        var start = new DockerStart(things, planner, ports, keys, sink, context.Time);
        return await RunAsync(start, things, planner, found, sink, cancellationToken).ConfigureAwait(false);
    }

    public bool HasBegun(Exception failure) => _hasBegun;

    public async Task StopAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        await Gateway(_ => ServicePlan.Empty).StopAsync(cancellationToken).ConfigureAwait(false);
        using DockerConnection docker = await DockerConnection.OpenAsync(context.Docker, cancellationToken).ConfigureAwait(false);
        await DockerStop.RunAsync(new DockerThings(docker, _names), cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        await Gateway(_ => ServicePlan.Empty).RemoveAsync(cancellationToken).ConfigureAwait(false);
        using DockerConnection docker = await DockerConnection.OpenAsync(context.Docker, cancellationToken).ConfigureAwait(false);
        var things = new DockerThings(docker, _names);
        await DockerStop.RunAsync(things, cancellationToken).ConfigureAwait(false);
        await new DockerThings(docker, _names.Beside()).RemoveAllAsync(cancellationToken).ConfigureAwait(false);
        await things.RemoveAllAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<DatabaseAddress?> FindDatabaseAsync(CancellationToken cancellationToken) =>
        await FindPortAsync(cancellationToken).ConfigureAwait(false) is { } port && LocalKeys.Read(_folder.KeysFile) is { } keys
            ? DockerDatabase.Application(port, keys)
            : null;

    public async Task<DatabaseAddress?> FindAdministrationAsync(CancellationToken cancellationToken) =>
        await FindPortAsync(cancellationToken).ConfigureAwait(false) is { } port && LocalKeys.Read(_folder.KeysFile) is { } keys
            ? DockerDatabase.Administration(port, keys)
            : null;

    public async IAsyncEnumerable<LogLine> ReadLogsAsync(
        IReadOnlyList<string> services, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using DockerConnection docker = await DockerConnection.OpenAsync(context.Docker, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<(string, string)> files =
            [.. services.Where(service => service is GatewayService.ServiceName or LogFiles.Access).Select(service => (service, _folder.LogOf(service)))];
        IReadOnlyList<string> containers = [.. services.Intersect(DockerCatalog.Names)];
        await foreach (LogLine line in new DockerLogs(docker, _names, context.Environment, context.Time).ReadAsync(containers, files, tail, follow, cancellationToken).ConfigureAwait(false))
        {
            yield return line;
        }
    }

    public async Task<ReplacedDatabase> ReplaceDatabaseAsync(ResetPlan plan, ResetRecord record, IProgressSink sink, CancellationToken cancellationToken)
    {
        LocalKeys keys = LocalKeys.ReadOrCreate(_folder.KeysFile);
        DatabaseAddress database = (await FindDatabaseAsync(cancellationToken).ConfigureAwait(false))!;
        LocalService gateway = await Gateway(_ => ServicePlan.Empty).GetAsync(cancellationToken).ConfigureAwait(false);
        using DockerConnection docker = await DockerConnection.OpenAsync(context.Docker, cancellationToken).ConfigureAwait(false);
        return await new DockerReset(context, docker, _names, keys).RunAsync(plan, record, database, gateway.Port, sink, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> RunAsync(
        DockerStart start, DockerThings things, DockerPlanner planner, IReadOnlyList<FoundContainer> found, IProgressSink sink, CancellationToken cancellationToken)
    {
        GatewayService gateway = Gateway(_ => planner.ToServicePlan(start.Containers.Values));
        LocalService before = await gateway.GetAsync(cancellationToken).ConfigureAwait(false);
        bool isNetworkNew = false;
        try
        {
            (planner.NetworkGateway, isNetworkNew) = await things.EnsureNetworkAsync(cancellationToken).ConfigureAwait(false);
            await DockerVolumes.RemoveOldAsync(things, found, sink, cancellationToken).ConfigureAwait(false);
            string dataVolume = await DockerVolumes.FindDataAsync(things, found, cancellationToken).ConfigureAwait(false);
            await start.EnsureVolumesAsync(planner.VolumesWith(dataVolume), cancellationToken).ConfigureAwait(false);
            int port = GatewayPort(before, planner.Configuration);
            await start.RunAsync(planner.Services, port, dataVolume, cancellationToken).ConfigureAwait(false);
            if (!context.HasGateway)
            {
                await gateway.StopAsync(cancellationToken).ConfigureAwait(false);
            }
            else if (await StartGatewayAsync(gateway, port, sink, cancellationToken).ConfigureAwait(false) is { } moved)
            {
                // Services are told where it is now.
                await start.RunAsync(planner.Services, moved, dataVolume, cancellationToken).ConfigureAwait(false);
                await gateway.StartAsync(moved, sink, cancellationToken).ConfigureAwait(false);
            }

            await DockerVolumes.RemoveLeftAsync(things, dataVolume, sink, cancellationToken).ConfigureAwait(false);
            return start.HasChanged || before.IsRunning != context.HasGateway;
        }
        catch
        {
            using var cleanup = new CancellationTokenSource(s_cleanupLimit);
            if (!before.IsRunning)
            {
                await gateway.StopAsync(cleanup.Token).ConfigureAwait(false);
            }

            await start.UndoAsync(cleanup.Token).ConfigureAwait(false);
            if (isNetworkNew)
            {
                await things.RemoveNetworkAsync(cleanup.Token).ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <returns>The port that it moved to; null when it has the one that was wished for.</returns>
    private static async Task<int?> StartGatewayAsync(GatewayService gateway, int port, IProgressSink sink, CancellationToken cancellationToken)
    {
        await gateway.StartAsync(port, sink, cancellationToken).ConfigureAwait(false);
        int actual = (await gateway.GetAsync(cancellationToken).ConfigureAwait(false)).Port;
        return actual == port ? null : actual;
    }

    private static int GatewayPort(LocalService gateway, SupabaseConfiguration configuration) =>
        gateway.IsRunning ? gateway.Port
        : configuration.Port("api.port") is { } configured && LoopbackPort.IsFree(configured) ? configured
        : gateway.Port > 0 ? gateway.Port
        : LoopbackPort.Choose();

    private async Task<int?> FindPortAsync(CancellationToken cancellationToken)
    {
        using DockerConnection docker = await DockerConnection.OpenAsync(context.Docker, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<FoundContainer> found = await new DockerThings(docker, _names).ListAsync(cancellationToken).ConfigureAwait(false);
        return found.FirstOrDefault(container => container.Service == DockerCatalog.Database && container.IsRunning)?.Ports[DockerCatalog.DatabasePort];
    }

    private GatewayService Gateway(Func<int, ServicePlan> plan) =>
        new(_folder, context.Environment.Name, context.GatewayFolders, context.Time)
        {
            Plan = (port, _, _) => Task.FromResult(plan(port)),
            WishedPort = () => context.Configuration.Port("api.port"),
        };
}
