using System.Diagnostics;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>The gateway of an environment: a detached process that is found again by the state it writes when it listens.</summary>
internal sealed class GatewayService(StackFolder folder, string environment, IReadOnlyList<string> programFolders, TimeProvider time) : ILocalService
{
    public const string ServiceName = "gateway";

    private const int Attempts = 4;
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_comingUp = TimeSpan.FromSeconds(5);

    public string Name => ServiceName;

    /// <summary>The port that the project wishes for; null for any.</summary>
    public Func<int?>? WishedPort { get; init; }

    /// <summary>What the gateway on a port is to run; given the services that a gateway runs already.</summary>
    public Func<int, IReadOnlyList<ServiceReport>, CancellationToken, Task<ServicePlan>> Plan { get; init; } = (_, _, _) => Task.FromResult(ServicePlan.Empty);

    public async Task<LocalService> GetAsync(CancellationToken cancellationToken) =>
        Describe(await LookAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>A gateway that was looked for, as a service of the stack.</summary>
    public LocalService Describe(RunningGateway? running) => running is { State: var state }
        ? new LocalService(Name, IsRunning: true, state.Process.Id, state.Port, state.Version, state.StartedAt)
        : new LocalService(Name, IsRunning: false, ProcessId: null, StackRecord.Read(folder.StackFile)?.PortOf(Name) ?? 0, Version: null, StartedAt: null);

    /// <summary>The gateway that serves this web root now; null when none does.</summary>
    public async Task<GatewayState?> FindAsync(CancellationToken cancellationToken) =>
        (await LookAsync(cancellationToken).ConfigureAwait(false))?.State;

    /// <summary>
    /// The gateway that serves this web root now, and what it says of itself; null when none does. The state file may be a dead one's, its
    /// process id may be another program's by now, and it may have come with a copy of the project: the process, its web root and its
    /// answer decide.
    /// </summary>
    public async Task<RunningGateway?> LookAsync(CancellationToken cancellationToken) =>
        GatewayState.Read(folder.GatewayStateFile) is { } state
        && IsOurs(state)
        && state.Process.IsAlive
        && await GatewayClient.GetHealthAsync(state.Port, cancellationToken).ConfigureAwait(false) is { } health
        && health.Pid == state.Process.Id
            ? new RunningGateway(state, health)
            : null;

    public async Task StartAsync(int? port, IProgressSink sink, CancellationToken cancellationToken)
    {
        RunningGateway? found = await LookAsync(cancellationToken).ConfigureAwait(false);
        int wished = await WishedAsync(found?.State.Port ?? port, sink, cancellationToken).ConfigureAwait(false);
        if (found is { } running)
        {
            ServicePlan wanted = await Plan(wished, running.Health.Services, cancellationToken).ConfigureAwait(false);
            if (wished == running.State.Port && running.Health.Plan == wanted.Hash)
            {
                await Readiness.WaitAsync(running, sink, cancellationToken).ConfigureAwait(false);
                return;
            }

            sink.Publish(new Detail($"The services of '{environment}' have changed: its gateway is started anew."));
            await StopAsync(cancellationToken).ConfigureAwait(false);
        }

        string gateway = GatewayProgram.Find(programFolders);
        string dotnet = DotnetRuntime.Find(DotnetRuntime.UsualFolders());
        Directory.CreateDirectory(Path.GetDirectoryName(folder.GatewayLog)!);
        Directory.CreateDirectory(folder.WebRoot);
        OrphanedServices.End(folder.ProcessFile);
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            ServicePlan plan = await Plan(wished, [], cancellationToken).ConfigureAwait(false);
            await AtomicFile.WriteAllTextAsync(folder.PlanFile, plan.ToJson(), UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellationToken).ConfigureAwait(false);
            DetachedProgram program = GatewayProgram.For(dotnet, gateway, folder, environment, wished);
            int? exitCode = await LaunchAsync(program, cancellationToken).ConfigureAwait(false);
            switch (exitCode)
            {
                case null:
                    await Readiness.WaitAsync((await LookAsync(cancellationToken).ConfigureAwait(false))!, sink, cancellationToken).ConfigureAwait(false);
                    return;
                case GatewayExitCode.PortInUse:
                    int other = LoopbackPort.Choose();
                    string holder = await PortHolder.DescribeAsync(wished, cancellationToken).ConfigureAwait(false);
                    sink.Publish(new Notice($"Port {wished} is taken by {holder}; the gateway of '{environment}' moves to port {other}."));
                    wished = other;
                    break;
                case GatewayExitCode.AlreadyRunning when await AdoptOrEndAsync(cancellationToken).ConfigureAwait(false):
                    await StartAsync(wished, sink, cancellationToken).ConfigureAwait(false);
                    return;
                case GatewayExitCode.AlreadyRunning:
                    break;
                default:
                    throw Failed($"it ended with exit code {exitCode}");
            }
        }

        throw Failed($"it did not come up in {Attempts} attempts");
    }

    /// <summary>The port that the project wishes for if it is free, else the one it had, else any.</summary>
    private async Task<int> WishedAsync(int? last, IProgressSink sink, CancellationToken cancellationToken)
    {
        int port = last ?? LoopbackPort.Choose();
        if (WishedPort?.Invoke() is not { } wished || wished == last)
        {
            return port;
        }

        if (LoopbackPort.IsFree(wished))
        {
            return wished;
        }

        string holder = await PortHolder.DescribeAsync(wished, cancellationToken).ConfigureAwait(false);
        sink.Publish(new Notice($"Port {wished} is taken by {holder}; the gateway of '{environment}' listens on port {port}."));
        return port;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (GatewayState.Read(folder.GatewayStateFile) is not { } state || !IsOurs(state))
        {
            return; // None, or the running gateway of the project that this one was copied from.
        }

        await ProcessEnding.EndAsync(state.Process, time, cancellationToken).ConfigureAwait(false);
        OrphanedServices.End(folder.ProcessFile);
        File.Delete(folder.GatewayStateFile);
    }

    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken).ConfigureAwait(false);
        if (Directory.Exists(folder.WebRoot))
        {
            Directory.Delete(folder.WebRoot, recursive: true);
        }
    }

    /// <summary>Starts the process and waits until it answers. When it is not to be waited for any more, it is ended.</summary>
    /// <returns>Null when it answers; its exit code when it ended first.</returns>
    private async Task<int?> LaunchAsync(DetachedProgram program, CancellationToken cancellationToken)
    {
        using Process process = program.Start();
        bool answers = false;
        try
        {
            long start = time.GetTimestamp();
            while (!process.HasExited)
            {
                answers = await FindAsync(cancellationToken).ConfigureAwait(false) is { } state && state.Process.Id == process.Id;
                if (answers)
                {
                    return null;
                }

                if (time.GetElapsedTime(start) > s_patience)
                {
                    throw Failed($"it does not answer within {s_patience.TotalSeconds:0} seconds");
                }

                await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
            }

            return process.ExitCode;
        }
        finally
        {
            if (!answers && !process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>
    /// Another gateway holds this environment's lock: one that a killed command began and that comes up just now, one that hangs,
    /// or one that was started before the project was moved. The last two are ended.
    /// </summary>
    /// <returns>True when it turned out to be the one that is wanted.</returns>
    private async Task<bool> AdoptOrEndAsync(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < s_comingUp)
        {
            if (await FindAsync(cancellationToken).ConfigureAwait(false) is not null)
            {
                return true;
            }

            if (GatewayState.Read(folder.GatewayStateFile) is { Process.IsAlive: true } state)
            {
                await ProcessEnding.EndAsync(state.Process, time, cancellationToken).ConfigureAwait(false);
                return false;
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    private GatewayReadiness Readiness => new(folder, environment, time);

    // The same folder may be reached by another path, through a symbolic link.
    private bool IsOurs(GatewayState state) => RealPath.Of(state.WebRoot) == RealPath.Of(folder.WebRoot);

    private DeployException Failed(string why) => new(
        ErrorTable.GatewayStartFailed,
        $"The gateway of environment '{environment}' does not start: {why}.{GatewayReadiness.Said(folder.GatewayStartLog)}{GatewayReadiness.Said(folder.GatewayLog)}",
        $"Correct what the log '{folder.GatewayLog}' reports, then start the stack again.",
        environment);
}
