using System.Collections;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The stacks of local environments: a database, a gateway and further services each, run by an engine and detached from the process that
/// starts them. One call at a time changes a stack, over all processes of the machine; the others wait and find it done.
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

    /// <summary>The stacks of this machine.</summary>
    public StackRegistry Registry { get; init; } = new();

    /// <summary>Finds a program by its name.</summary>
    internal Func<string, string?> FindProgram { get; init; } = ProgramSearch.Find;

    /// <summary>The variables of whoever starts stacks.</summary>
    internal IDictionary Surroundings { get; set; } = Environment.GetEnvironmentVariables();

    /// <summary>Whether this machine looks as if it had Docker; null to look.</summary>
    internal Func<bool>? HasDocker { get; init; }

    /// <summary>Which Docker engine is used.</summary>
    internal DockerOptions Docker { get; init; } = DockerOptions.OfThisMachine();

    /// <summary>Starts what does not run and adopts what does, with the engine that fits; returns when every service answers.</summary>
    /// <exception cref="DeployException">Not a local environment, or a service that does not start. Nothing that this call started is left running.</exception>
    public Task<LocalStackInfo> StartAsync(DeploymentEnvironment environment, IProgressSink sink, CancellationToken cancellationToken) =>
        StartAsync(environment, LocalStackEngine.Auto, sink, cancellationToken);

    /// <summary>Starts what does not run and adopts what does, with the engine of one's choice; returns when every service answers.</summary>
    /// <exception cref="DeployException">See the call that takes services too.</exception>
    public Task<LocalStackInfo> StartAsync(DeploymentEnvironment environment, LocalStackEngine engine, IProgressSink sink, CancellationToken cancellationToken) =>
        StartAsync(environment, engine, null, sink, cancellationToken);

    /// <summary>Starts what does not run and adopts what does; returns when every service answers.</summary>
    /// <param name="environment">A local environment.</param>
    /// <param name="engine">What is to run it.</param>
    /// <param name="services">What of it is to run: some of <see cref="ServiceChoice.Names"/>, <c>*</c> for all. It is kept; null for what was chosen before.</param>
    /// <param name="sink">Is told what is being done, and which engine does it.</param>
    /// <param name="cancellationToken">Stops what this call started.</param>
    /// <exception cref="DeployException">
    /// Not a local environment, <see cref="ErrorTable.ServiceUnknown"/>, <see cref="ErrorTable.EngineMismatch"/>: it runs with another engine, or a service that does not start.
    /// Nothing that this call started is left running.
    /// </exception>
    public async Task<LocalStackInfo> StartAsync(
        DeploymentEnvironment environment, LocalStackEngine engine, IReadOnlyList<string>? services, IProgressSink sink, CancellationToken cancellationToken)
    {
        EnsureLocal(environment);
        Func<StackRecord, StackRecord> choose = Choice(services);
        long start = _time.GetTimestamp();
        StackFolder folder = StackFolder.Of(environment);
        string activity = $"Start local stack '{environment.Name}'";
        using FileLock turn = await LockAsync(folder, environment, sink, cancellationToken).ConfigureAwait(false);
        try
        {
            var variables = StackVariables.Read(environment);
            EngineContext context = Context(environment);
            EngineChoice choice = await EngineChoice.MakeAsync(engine, context, cancellationToken).ConfigureAwait(false);
            ILocalStackEngine chosen = StackEngines.Create(choice.Engine, context);
            sink.Publish(new ActivityProgress(activity, $"Starting the services with engine '{choice.Engine}'"));
            await WriteIgnoreFileAsync(environment.Project, cancellationToken).ConfigureAwait(false);
            StackRecord? known = StackRecord.Read(folder.StackFile);
            StackRecord before = await RecordedChoice.WriteAsync(context, choice, choose, sink, cancellationToken).ConfigureAwait(false);
            await Registry.AddAsync(environment, cancellationToken).ConfigureAwait(false);
            bool changed;
            try
            {
                changed = await chosen.StartAsync(sink, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (known?.Engine != before.Engine)
            {
                // Nothing of it runs: the stack is what it was, and must not wait for an engine that this machine may not have.
                await RecordedChoice.RestoreAsync(folder.StackFile, known, chosen.HasBegun(e) ? before : known).ConfigureAwait(false);
                throw;
            }

            if (choice.Engine != LocalStackEngine.SupabaseCli && await chosen.FindAdministrationAsync(cancellationToken).ConfigureAwait(false) is { } administration)
            {
                await ProjectContent.Of(context.Configuration).EnsureAsync(administration, sink, cancellationToken).ConfigureAwait(false);
            }

            LocalStackInfo info = await StackObservation.ReadAsync(chosen, choice, environment, cancellationToken).ConfigureAwait(false);
            await before.Seen(info).WriteAsync(folder.StackFile, cancellationToken).ConfigureAwait(false);
            HonouredKeys.Warn(info, sink);
            if (info is { Url: { } url, Keys: { } keys })
            {
                info = info with { Environment = environment with { Variables = await variables.WriteAsync(url, keys, sink, cancellationToken).ConfigureAwait(false) } };
            }

            return info with { Changed = changed, Duration = _time.GetElapsedTime(start) };
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
    /// <exception cref="DeployException">Something cannot be stopped; <see cref="ErrorTable.EngineDataNotRemoved"/>: an engine that it ran with before cannot be asked.</exception>
    public async Task<LocalStackInfo> StopAsync(DeploymentEnvironment environment, bool removeData, IProgressSink sink, CancellationToken cancellationToken)
    {
        EnsureLocal(environment);
        long start = _time.GetTimestamp();
        StackFolder folder = StackFolder.Of(environment);
        EngineContext context = Context(environment);
        if (!Directory.Exists(folder.Root) && !await new DockerStackEngine(context).HasThingsAsync(cancellationToken).ConfigureAwait(false))
        {
            return await GetAsync(environment, cancellationToken).ConfigureAwait(false);
        }

        string activity = $"Stop local stack '{environment.Name}'";
        using FileLock turn = await LockAsync(folder, environment, sink, cancellationToken).ConfigureAwait(false);
        try
        {
            sink.Publish(new ActivityProgress(activity, removeData ? "Stopping the services and removing their data" : "Stopping the services"));
            StackRecord? record = StackRecord.Read(folder.StackFile);
            // The files may be gone, and with them the record, while containers go on.
            bool isInDocker = (record is null || removeData) && await new DockerStackEngine(context).HasThingsAsync(cancellationToken).ConfigureAwait(false);
            ILocalStackEngine engine = StackEngines.Create(record?.Engine ?? (isInDocker ? LocalStackEngine.Docker : LocalStackEngine.Embedded), context);
            bool ran = (await engine.ObserveAsync(cancellationToken).ConfigureAwait(false)).Services.Any(service => service.IsRunning);
            await engine.StopAsync(sink, cancellationToken).ConfigureAwait(false);
            if (removeData)
            {
                await new StackRemoval(context).RunAsync(record, isInDocker, sink, cancellationToken).ConfigureAwait(false);
                Registry.Remove(environment);
            }

            EngineChoice choice = record is null || removeData
                ? await EngineChoice.MakeAsync(LocalStackEngine.Auto, context, cancellationToken).ConfigureAwait(false)
                : record.Choice;
            LocalStackInfo info = await StackObservation.ReadAsync(StackEngines.Create(choice.Engine, context), choice, environment, cancellationToken).ConfigureAwait(false);
            if (!removeData && record is not null)
            {
                await record.Seen(info).WriteAsync(folder.StackFile, cancellationToken).ConfigureAwait(false);
            }

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
        EngineContext context = Context(environment);
        EngineChoice choice = await EngineChoice.MakeAsync(LocalStackEngine.Auto, context, cancellationToken).ConfigureAwait(false);
        return await StackObservation.ReadAsync(StackEngines.Create(choice.Engine, context), choice, environment, cancellationToken).ConfigureAwait(false)
            with { Duration = _time.GetElapsedTime(start) };
    }

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

    private EngineContext Context(DeploymentEnvironment environment)
    {
        var context = new EngineContext
        {
            Environment = environment,
            Time = _time,
            GatewayFolders = _gatewayFolders,
            Runtimes = Runtimes,
            FindProgram = FindProgram,
            Surroundings = Surroundings,
            Docker = Docker,
        };
        return HasDocker is null ? context : context with { HasDocker = HasDocker };
    }

    private static Func<StackRecord, StackRecord> Choice(IReadOnlyList<string>? services)
    {
        if (services is null)
        {
            return record => record;
        }

        IReadOnlyList<string>? chosen = ServiceChoice.Parse(services);
        return record => record with { Chosen = chosen };
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
}
