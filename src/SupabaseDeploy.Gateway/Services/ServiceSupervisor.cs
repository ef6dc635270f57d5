using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Gateway.Services;

/// <summary>Runs the services of a plan, each after those it depends on, and stops them in the reverse order.</summary>
internal sealed class ServiceSupervisor : IAsyncDisposable
{
    private readonly Lock _writing = new();
    private readonly ServiceProbe _probe = new();
    private readonly List<SupervisedService> _services = [];
    private readonly List<(CancellationTokenSource Ending, Task Run)> _runs = [];
    private readonly string _processFile;
    private bool _isFileLeft;

    private ServiceSupervisor(ServicePlan plan, string processFile, SupervisionTimes times, TimeProvider time)
    {
        Plan = plan;
        _processFile = processFile;
        _services.AddRange(plan.Services.Select(planned => new SupervisedService(planned, _probe, times, time) { ProcessChanged = RecordProcesses }));
    }

    /// <summary>What is run.</summary>
    public ServicePlan Plan { get; }

    /// <summary>Ends what an earlier gateway left behind, and starts the services of a plan.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="processFile">Where the processes are recorded.</param>
    /// <param name="times">Pauses and limits.</param>
    /// <param name="time">The clock.</param>
    public static ServiceSupervisor Start(ServicePlan plan, string processFile, SupervisionTimes times, TimeProvider time)
    {
        OrphanedServices.End(processFile);
        var supervisor = new ServiceSupervisor(plan, processFile, times, time);
        foreach (SupervisedService service in supervisor._services)
        {
            var ending = new CancellationTokenSource();
            IReadOnlyList<SupervisedService> dependencies = supervisor.DependenciesOf(service);
            supervisor._runs.Add((ending, Task.Run(() => service.RunAsync(dependencies, ending.Token))));
        }

        return supervisor;
    }

    /// <summary>How the services are now.</summary>
    public IReadOnlyList<ServiceReport> Report() => [.. _services.Select(service => service.Report())];

    /// <summary>The file of processes is gone, or another gateway's by now: nothing is written there any more, and it is not deleted.</summary>
    public void LeaveFile()
    {
        lock (_writing)
        {
            _isFileLeft = true;
        }
    }

    /// <summary>Stops everything, those that depend on others first; returns when every process is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach ((CancellationTokenSource ending, Task run) in Enumerable.Reverse(_runs))
        {
            await ending.CancelAsync();
            await run;
            ending.Dispose();
        }

        _probe.Dispose();
        OrphanedServices.EndOwnSession();
        if (!_isFileLeft)
        {
            File.Delete(_processFile);
        }
    }

    // What a service needs and the plan lacks is not run by this gateway: the database is.
    private List<SupervisedService> DependenciesOf(SupervisedService service) =>
        [.. _services.Where(other => service.Plan.DependsOn.Contains(other.Plan.Name))];

    private void RecordProcesses()
    {
        lock (_writing)
        {
            var processes = new OrphanedServices(ProcessIdentity.Current, [.. _services.Select(service => service.Process).OfType<ProcessIdentity>()]);
            if (!_isFileLeft && Directory.Exists(Path.GetDirectoryName(_processFile)))
            {
                processes.Write(_processFile);
            }
        }
    }
}
