using System.ComponentModel;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Gateway.Services;

/// <summary>
/// Keeps one service running: starts it when what it depends on is healthy, asks how it is, starts it again with growing pauses when its
/// process ends, and gives up when it never lives for long.
/// </summary>
internal sealed class SupervisedService(PlannedService plan, ServiceProbe probe, SupervisionTimes times, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _firstHealthy = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ServiceState _state = ServiceState.Waiting;
    private ServiceProcess? _process;
    private DateTimeOffset? _startedAt;
    private string? _lastFailure;
    private int _starts;

    public PlannedService Plan => plan;

    /// <summary>Ends when the service was healthy for the first time; never when it gives up before.</summary>
    public Task FirstHealthy => _firstHealthy.Task;

    /// <summary>The process that runs now.</summary>
    public ProcessIdentity? Process
    {
        get
        {
            lock (_gate)
            {
                return _process?.Identity;
            }
        }
    }

    /// <summary>Told whenever a process was started or ended.</summary>
    public required Action ProcessChanged { get; init; }

    public ServiceState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    public ServiceReport Report()
    {
        lock (_gate)
        {
            return new ServiceReport(
                plan.Name, _state, plan.Port, _process?.Id, _process is null ? null : _startedAt, _process?.MemoryBytes,
                Math.Max(0, _starts - 1), plan.Version, plan.IsOptional, _lastFailure);
        }
    }

    /// <summary>Runs the service until the token says otherwise; then its process is gone.</summary>
    /// <param name="dependencies">The services it needs.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(IReadOnlyList<SupervisedService> dependencies, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(dependencies.Select(dependency => dependency.FirstHealthy)).WaitAsync(cancellationToken);
            if (plan.FileName is null)
            {
                await AttendAsync(cancellationToken);
            }

            int failures = 0;
            while (true)
            {
                long begin = time.GetTimestamp();
                await RunOnceAsync(cancellationToken);
                failures = time.GetElapsedTime(begin) >= times.Stable ? 1 : failures + 1;
                if (failures > times.Attempts)
                {
                    Move(ServiceState.GaveUp);
                    await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
                }

                Move(ServiceState.BackingOff);
                await Task.Delay(times.PauseAfter(failures), time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Move(ServiceState.Stopped);
        }
    }

    /// <summary>Asks a service for its health that something else runs, until the token says otherwise.</summary>
    private async Task AttendAsync(CancellationToken cancellationToken)
    {
        Move(ServiceState.Starting);
        await WatchAsync(cancellationToken);
        Move(ServiceState.Stopping);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>One life of the process: returns when it ended by itself.</summary>
    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        Move(ServiceState.Starting);
        ServiceProcess process;
        try
        {
            process = ServiceProcess.Start(plan);
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            Fail($"it cannot be started: {e.Message}");
            return;
        }

        using (process)
        using (var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            Begin(process);
            Task watching = WatchAsync(ended.Token);
            try
            {
                Fail(await process.WaitForExitAsync(cancellationToken));
            }
            catch (OperationCanceledException)
            {
                Move(ServiceState.Stopping);
                await process.StopAsync();
                throw;
            }
            finally
            {
                await ended.CancelAsync();
                await watching;
                End();
            }
        }
    }

    /// <summary>Asks for its health until the process has ended.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                string? trouble = await probe.AskAsync(plan, cancellationToken);
                Observe(trouble);
                await Task.Delay(State == ServiceState.Healthy ? times.Watch : times.Poll, time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The process has ended, or is to end.
        }
    }

    private void Observe(string? trouble)
    {
        lock (_gate)
        {
            switch (_state)
            {
                case ServiceState.Starting or ServiceState.Unhealthy when trouble is null:
                    _state = ServiceTransitions.Move(_state, ServiceState.Healthy);
                    _firstHealthy.TrySetResult();
                    break;
                case ServiceState.Healthy when trouble is not null:
                    _state = ServiceTransitions.Move(_state, ServiceState.Unhealthy);
                    _lastFailure = trouble;
                    break;
                default:
                    break;
            }
        }
    }

    private void Begin(ServiceProcess process)
    {
        lock (_gate)
        {
            (_process, _startedAt) = (process, time.GetUtcNow());
            _starts++;
        }

        ProcessChanged();
    }

    private void End()
    {
        lock (_gate)
        {
            _process = null;
        }

        ProcessChanged();
    }

    private void Fail(string why)
    {
        lock (_gate)
        {
            _lastFailure = why;
        }
    }

    private void Move(ServiceState next)
    {
        lock (_gate)
        {
            _state = ServiceTransitions.Move(_state, next);
        }
    }
}
