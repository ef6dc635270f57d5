using System.Runtime.ExceptionServices;
using Docker.DotNet;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// One start of a stack's containers: adopts what runs as it is wanted, makes anew what is defined otherwise, starts the rest by dependency
/// and health. <see cref="UndoAsync"/> takes back what this start did, and only that.
/// </summary>
internal sealed class DockerStart(DockerThings things, DockerPlanner planner, DockerPorts ports, LocalKeys keys, IProgressSink sink, TimeProvider time)
{
    private const int PortAttempts = 4;

    private readonly Lock _gate = new();
    private readonly List<string> _created = [];
    private readonly List<string> _started = [];
    private readonly List<string> _volumes = [];
    private readonly Dictionary<string, DockerContainer> _containers = [];
    private readonly DockerHealth _health = new(things, keys, time);

    /// <summary>The containers as they were started, by service.</summary>
    public IReadOnlyDictionary<string, DockerContainer> Containers => _containers;

    /// <summary>Is called when the database is healthy, before anything that needs it.</summary>
    public Func<Task>? DatabaseIsHealthy { get; init; }

    /// <summary>Whether anything was started.</summary>
    public bool HasChanged => _created.Count + _started.Count > 0;

    /// <summary>Makes the volumes that are missing.</summary>
    public async Task EnsureVolumesAsync(IEnumerable<string> names, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> known = await things.ListVolumesAsync(cancellationToken).ConfigureAwait(false);
        foreach (string name in names.Distinct().Where(name => !known.Contains(name)))
        {
            _volumes.Add(name);
            await things.CreateVolumeAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Starts services; returns when all are healthy. One that is optional and does not become so is a notice.</summary>
    /// <param name="services">The services, each after those it depends on.</param>
    /// <param name="gatewayPort">The gateway's port.</param>
    /// <param name="dataVolume">The volume of the database's data.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    public async Task RunAsync(IReadOnlyList<DockerService> services, int gatewayPort, string dataVolume, CancellationToken cancellationToken)
    {
        IReadOnlyList<FoundContainer> found = await things.ListAsync(cancellationToken).ConfigureAwait(false);
        foreach (FoundContainer stale in found.Where(known => services.All(service => service.Name != known.Service)))
        {
            sink.Publish(new Detail($"Service '{stale.Service}' is not wanted any more: container '{stale.Name}' is removed."));
            await things.RemoveAsync(stale.Id, cancellationToken).ConfigureAwait(false);
        }

        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Dictionary<string, Steps> steps = services.ToDictionary(service => service.Name, _ => new Steps());
        Task[] runs = [.. services.Select(service => RunOneAsync(service, found.FirstOrDefault(known => known.Service == service.Name)))];
        try
        {
            await Task.WhenAll(runs).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The first that failed cancelled the others, which may stand before it in the list.
            Exception first = runs.Select(run => run.Exception?.InnerException).First(error => error is not (null or OperationCanceledException))!;
            ExceptionDispatchInfo.Throw(first);
        }

        async Task RunOneAsync(DockerService service, FoundContainer? known)
        {
            Steps own = steps[service.Name];
            try
            {
                await Task.WhenAll(service.DependsOn.Select(needed => needed.IsHealthNeeded ? steps[needed.Service].Healthy.Task : steps[needed.Service].Started.Task))
                    .WaitAsync(failed.Token).ConfigureAwait(false);
                DockerContainer container = planner.Plan(service, await ports.OfAsync(service, failed.Token).ConfigureAwait(false), gatewayPort, dataVolume);
                (string id, container) = await EnsureRunningAsync(container, known, gatewayPort, dataVolume, failed.Token).ConfigureAwait(false);
                own.Started.TrySetResult();
                await _health.WaitAsync(container, id, failed.Token).ConfigureAwait(false);
                if (service.Name == DockerCatalog.Database)
                {
                    DatabaseAddress administration = DockerDatabase.Administration(container.Port, keys);
                    await DockerDatabase.PrepareAsync(administration, keys, failed.Token).ConfigureAwait(false);
                    await (DatabaseIsHealthy?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
                    await NewObjectGrants.EnsureAsync(administration, NewObjectGrants.AreWanted(planner.Configuration), failed.Token).ConfigureAwait(false);
                }

                own.Healthy.TrySetResult();
            }
            catch (DeployException e) when (service.IsOptional && !cancellationToken.IsCancellationRequested)
            {
                own.Fail(e);
                sink.Publish(new Notice($"{e.Message}\nThe stack runs without it."));
            }
            catch (Exception e)
            {
                own.Fail(e);
                await failed.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>Takes back what this start did: what it made is removed, what it only started is stopped.</summary>
    public async Task UndoAsync(CancellationToken cancellationToken)
    {
        foreach (FoundContainer container in await things.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_created.Contains(container.Id))
            {
                await things.RemoveAsync(container.Id, cancellationToken).ConfigureAwait(false);
            }
            else if (_started.Contains(container.Id))
            {
                await things.StopAsync(container, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (string volume in _volumes)
        {
            await things.RemoveVolumeAsync(volume, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(string Id, DockerContainer Container)> EnsureRunningAsync(
        DockerContainer container, FoundContainer? known, int gatewayPort, string dataVolume, CancellationToken cancellationToken)
    {
        if (known is not null && known.Definition != container.Digest(keys.JwtSecret))
        {
            sink.Publish(new Detail($"The definition of service '{container.Service.Name}' has changed: its container is made anew."));
            await things.StopAsync(known, cancellationToken).ConfigureAwait(false);
            await things.RemoveAsync(known.Id, cancellationToken).ConfigureAwait(false);
            known = null;
        }

        for (int attempt = 1; ; attempt++)
        {
            Remember(container);
            string id = known?.Id ?? await CreateAsync(container, cancellationToken).ConfigureAwait(false);
            if (known?.IsUp == true)
            {
                return (id, container);
            }

            try
            {
                lock (_gate)
                {
                    _started.Add(id);
                }

                await things.StartAsync(id, cancellationToken).ConfigureAwait(false);
                return (id, container);
            }
            catch (DockerApiException e) when (IsAboutPort(e) && attempt < PortAttempts)
            {
                await things.RemoveAsync(id, cancellationToken).ConfigureAwait(false);
                known = null;
                await ports.MoveAsync(container.Service, cancellationToken).ConfigureAwait(false);
                container = planner.Plan(container.Service, await ports.OfAsync(container.Service, cancellationToken).ConfigureAwait(false), gatewayPort, dataVolume);
            }
            catch (DockerApiException e)
            {
                throw NotStarted(container, e);
            }
        }
    }

    private async Task<string> CreateAsync(DockerContainer container, CancellationToken cancellationToken)
    {
        foreach (DockerMount folder in container.Mounts.Where(mount => mount.IsFolder))
        {
            Directory.CreateDirectory(folder.Source);
        }

        // Not cancelled: the engine would go on making a container of which nobody had the id.
        cancellationToken.ThrowIfCancellationRequested();
        string id = await things.CreateAsync(container, keys.JwtSecret, CancellationToken.None).ConfigureAwait(false);
        lock (_gate)
        {
            _created.Add(id);
        }

        sink.Publish(new Detail($"Container '{container.Name}' is made."));
        return id;
    }

    private void Remember(DockerContainer container)
    {
        lock (_gate)
        {
            _containers[container.Service.Name] = container;
        }
    }

    // What the engine says: "port is already allocated" by another container, "address already in use" by a process.
    private static bool IsAboutPort(DockerApiException error) =>
        DockerConnection.MessageOf(error) is { } message
        && (message.Contains("already allocated", StringComparison.Ordinal) || message.Contains("already in use", StringComparison.Ordinal));

    private static DeployException NotStarted(DockerContainer container, DockerApiException error) => new(
        IsAboutPort(error) ? ErrorTable.ContainerPortTaken : ErrorTable.DockerRefused,
        $"Container '{container.Name}' cannot be started: {DockerConnection.MessageOf(error)}",
        "Correct what the Docker engine reports, then run 'Start-LocalStack' again.",
        container.Service.Name,
        error);

    /// <summary>How far a service is.</summary>
    private sealed class Steps
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Healthy { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Fail(Exception error)
        {
            Started.TrySetException(error);
            Healthy.TrySetException(error);
            // Nobody may depend on it, and then nobody looks.
            _ = Started.Task.Exception;
            _ = Healthy.Task.Exception;
        }
    }
}
