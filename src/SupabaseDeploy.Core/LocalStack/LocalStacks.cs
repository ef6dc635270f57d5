using System.Diagnostics;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The stacks of local environments: a PostgreSQL cluster and a gateway each, both detached from the process that starts them.
/// One call at a time changes a stack, over all processes of the machine; the others wait and find it done.
/// </summary>
public sealed class LocalStacks
{
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<string> _gatewayFolders;

    /// <summary>Creates nothing on disk.</summary>
    /// <param name="timeProvider">Time; null for the system's.</param>
    /// <param name="gatewayFolder">Folder of the gateway's program; null for where the module keeps it.</param>
    public LocalStacks(TimeProvider? timeProvider = null, string? gatewayFolder = null)
    {
        _time = timeProvider ?? TimeProvider.System;
        _gatewayFolders = gatewayFolder is null ? GatewayProgram.UsualFolders() : [gatewayFolder];
    }

    /// <summary>Where installed runtimes are.</summary>
    internal InstalledRuntimes Runtimes { get; init; } = InstalledRuntimes.OfThisMachine();

    /// <summary>Finds a program by its name.</summary>
    internal Func<string, string?> FindProgram { get; init; } = ProgramSearch.Find;

    /// <summary>Starts what does not run and adopts what does; returns when every service answers.</summary>
    /// <exception cref="DeployException">Not a local environment, or a service that does not start. Nothing that this call started is left running.</exception>
    public async Task<LocalStackInfo> StartAsync(DeploymentEnvironment environment, IProgressSink sink, CancellationToken cancellationToken)
    {
        EnsureLocal(environment);
        long start = _time.GetTimestamp();
        StackFolder folder = StackFolder.Of(environment);
        string activity = $"Start local stack '{environment.Name}'";
        using FileLock turn = await LockAsync(folder, environment, sink, cancellationToken).ConfigureAwait(false);
        try
        {
            sink.Publish(new ActivityProgress(activity, "Starting the database and the gateway"));
            await WriteIgnoreFileAsync(environment.Project, cancellationToken).ConfigureAwait(false);
            bool changed = await Supervisor(environment, folder, sink).StartAsync(StackRecord.Read(folder.StackFile), sink, cancellationToken).ConfigureAwait(false);
            return await ObserveAndRecordAsync(environment, folder, cancellationToken).ConfigureAwait(false)
                with { Changed = changed, Duration = _time.GetElapsedTime(start) };
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
        }
    }

    /// <summary>Stops the stack, the gateway first. Its data and ports are kept unless <paramref name="removeData"/> is set.</summary>
    /// <param name="environment">A local environment.</param>
    /// <param name="removeData">Deletes the database, the published web releases, logs and state.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Leaves what is not stopped yet running; the call may be repeated.</param>
    public async Task<LocalStackInfo> StopAsync(DeploymentEnvironment environment, bool removeData, IProgressSink sink, CancellationToken cancellationToken)
    {
        EnsureLocal(environment);
        long start = _time.GetTimestamp();
        StackFolder folder = StackFolder.Of(environment);
        if (!Directory.Exists(folder.Root))
        {
            return await ObserveAsync(environment, folder, cancellationToken).ConfigureAwait(false) with { Duration = _time.GetElapsedTime(start) };
        }

        string activity = $"Stop local stack '{environment.Name}'";
        using FileLock turn = await LockAsync(folder, environment, sink, cancellationToken).ConfigureAwait(false);
        try
        {
            sink.Publish(new ActivityProgress(activity, removeData ? "Stopping the services and removing their data" : "Stopping the gateway and the database"));
            StackSupervisor supervisor = Supervisor(environment, folder, sink);
            bool ran = (await supervisor.GetAsync(cancellationToken).ConfigureAwait(false)).Any(service => service.IsRunning);
            await supervisor.StopAsync(cancellationToken).ConfigureAwait(false);
            if (removeData)
            {
                await supervisor.RemoveAsync(cancellationToken).ConfigureAwait(false);
                DeleteRest(folder);
            }

            LocalStackInfo info = removeData
                ? await ObserveAsync(environment, folder, cancellationToken).ConfigureAwait(false)
                : await ObserveAndRecordAsync(environment, folder, cancellationToken).ConfigureAwait(false);
            return info with { Changed = ran || removeData, Duration = _time.GetElapsedTime(start) };
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
        }
    }

    /// <summary>How the stack is now. Changes nothing, and waits for nobody.</summary>
    public async Task<LocalStackInfo> GetAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        EnsureLocal(environment);
        long start = _time.GetTimestamp();
        return await ObserveAsync(environment, StackFolder.Of(environment), cancellationToken).ConfigureAwait(false) with { Duration = _time.GetElapsedTime(start) };
    }

    /// <summary>The services of a stack, in the order they are started.</summary>
    private StackSupervisor Supervisor(DeploymentEnvironment environment, StackFolder folder, IProgressSink sink)
    {
        var keys = new Lazy<LocalKeys>(() => LocalKeys.ReadOrCreate(folder.KeysFile));
        var database = new DatabaseService(PostgresCluster.At(folder.Root), keys);
        var planner = new ServicePlanner(ServiceCatalog.All, Runtimes, FindProgram, sink);
        var plans = new StackPlans(environment, folder, database, keys, _gatewayFolders, planner);
        return new([database, new GatewayService(folder, environment.Name, _gatewayFolders, _time) { Plan = plans.MakeAsync }]);
    }

    private async Task<LocalStackInfo> ObserveAsync(DeploymentEnvironment environment, StackFolder folder, CancellationToken cancellationToken)
    {
        IReadOnlyList<LocalService> own = await Supervisor(environment, folder, NullProgressSink.Instance).GetAsync(cancellationToken).ConfigureAwait(false);
        LocalService gateway = own.Single(service => service.Name == GatewayService.ServiceName);
        LocalService database = own.Single(service => service.Name == DatabaseService.ServiceName);
        GatewayHealth? health = gateway.IsRunning ? await GatewayClient.GetHealthAsync(gateway.Port, cancellationToken).ConfigureAwait(false) : null;
        IReadOnlyList<LocalService> services = [.. own.Select(WithMemory), .. (health?.Services ?? []).Select(LocalService.Of)];
        List<LocalService> needed = [.. services.Where(service => !service.IsOptional)];
        int running = needed.Count(service => service.IsRunning);
        return new LocalStackInfo
        {
            Environment = environment,
            State = running == 0 ? LocalStackState.Stopped : running == needed.Count ? LocalStackState.Running : LocalStackState.Partial,
            Services = services,
            Database = database.Port > 0 ? PostgresCluster.At(folder.Root).Application : null,
            Url = gateway.IsRunning ? GatewayClient.Url(gateway.Port) : null,
            Keys = LocalKeys.Read(folder.KeysFile),
            Shims = database.IsRunning ? await ReadShimsAsync(PostgresCluster.At(folder.Root), cancellationToken).ConfigureAwait(false) : [],
        };
    }

    private static LocalService WithMemory(LocalService service)
    {
        if (service.ProcessId is not { } id)
        {
            return service;
        }

        try
        {
            using Process process = Process.GetProcessById(id);
            return service with { MemoryBytes = process.WorkingSet64 };
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return service; // It ended in this moment.
        }
    }

    private static async Task<IReadOnlyList<ShimExtension>> ReadShimsAsync(PostgresCluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await cluster.Application.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await ShimsInUse.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (DeployException e) when (e.Code == ErrorTable.DatabaseUnreachable || e.Code == ErrorTable.DatabaseAuthenticationFailed)
        {
            // A server that starts, stops or has other passwords: that is for the commands to say that need it.
            return [];
        }
    }

    private async Task<LocalStackInfo> ObserveAndRecordAsync(DeploymentEnvironment environment, StackFolder folder, CancellationToken cancellationToken)
    {
        LocalStackInfo info = await ObserveAsync(environment, folder, cancellationToken).ConfigureAwait(false);
        var record = new StackRecord { Environment = environment.Name, State = info.State, Services = info.Services };
        await record.WriteAsync(folder.StackFile, cancellationToken).ConfigureAwait(false);
        return info;
    }

    /// <summary>Deletes what no service calls its own: logs and state. The cluster takes the folder with it when nothing else is in it.</summary>
    private static void DeleteRest(StackFolder folder)
    {
        if (Directory.Exists(folder.Root))
        {
            Directory.Delete(folder.Root, recursive: true);
        }
    }

    /// <summary>Keeps git from picking up what is in the state folder, the folder's own ignore file included.</summary>
    private static async Task WriteIgnoreFileAsync(ProjectFolder project, CancellationToken cancellationToken)
    {
        string file = Path.Combine(project.StateFolder, ".gitignore");
        if (!File.Exists(file))
        {
            await AtomicFile.WriteAllTextAsync(file, "*\n", null, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<FileLock> LockAsync(StackFolder folder, DeploymentEnvironment environment, IProgressSink sink, CancellationToken cancellationToken) =>
        FileLock.AcquireAsync(folder.LockFile, $"it starts or stops local stack '{environment.Name}'", sink, _time, cancellationToken);

    /// <summary>Refuses an environment that does not live on this machine.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.NotALocalEnvironment"/>.</exception>
    public static void EnsureLocal(DeploymentEnvironment environment)
    {
        if (environment.Target != TargetKind.Local)
        {
            throw new DeployException(
                ErrorTable.NotALocalEnvironment,
                $"Environment '{environment.Name}' has no local stack: its target is '{environment.Target.ToText()}', not 'local'.",
                "Name an environment whose target in env/pipeline.yml is 'local'.",
                environment.Name);
        }
    }
}
