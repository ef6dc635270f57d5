namespace SupabaseDeploy.LocalStack;

/// <summary>Puts together what the Docker engine and the gateway say of a stack.</summary>
internal sealed class DockerObservation(DockerThings things, RunningGateway? running, LocalService? gateway, LocalKeys? keys)
{
    private const int LinesShown = 5;

    /// <summary>The stack as it is now.</summary>
    public async Task<EngineObservation> ReadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<FoundContainer> found = await things.ListAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<FoundContainer> ordered = [.. found.OrderBy(container => DockerCatalog.Names.ToList().IndexOf(container.Service))];
        LocalService[] services = await Task.WhenAll(ordered.Select(container => ToServiceAsync(container, running?.Health, cancellationToken))).ConfigureAwait(false);
        FoundContainer? database = found.FirstOrDefault(container => container.Service == DockerCatalog.Database);
        return new EngineObservation
        {
            Services = [.. services.Where(IsDatabase), .. Only(gateway?.WithMemory()), .. services.Where(service => !IsDatabase(service))],
            Database = database is not null && keys is not null ? DockerDatabase.Application(database.Ports[DockerCatalog.DatabasePort], keys) : null,
            Url = running is null ? null : GatewayClient.Url(running.State.Port),
            Keys = keys,
        };
    }

    /// <summary>What is known of a stack whose engine does not answer: nothing of it is said to run.</summary>
    public static EngineObservation OfUnreachable(IReadOnlyList<LocalService> known, LocalService? gateway, LocalKeys? keys, string why)
    {
        LocalService? database = known.FirstOrDefault(IsDatabase);
        return new EngineObservation
        {
            Services = [.. known.Select(service => service.Name == GatewayService.ServiceName ? gateway : Stopped(service, why)).OfType<LocalService>()],
            Database = database is not null && keys is not null ? DockerDatabase.Application(database.Port, keys) : null,
            Url = gateway?.IsRunning == true ? GatewayClient.Url(gateway.Port) : null,
            Keys = keys,
        };
    }

    private async Task<LocalService> ToServiceAsync(FoundContainer container, GatewayHealth? health, CancellationToken cancellationToken)
    {
        ServiceReport? report = health?.Services.FirstOrDefault(service => service.Name == container.Service);
        ServiceState state = container.Status switch
        {
            "running" => report?.State ?? ServiceState.Healthy,
            "restarting" => ServiceState.BackingOff,
            _ when container.HasFailed => ServiceState.GaveUp,
            _ => ServiceState.Stopped,
        };
        return new LocalService(
            container.Service,
            IsRunning: state == ServiceState.Healthy,
            container.IsRunning ? container.ProcessId : null,
            container.Port,
            container.Tag,
            container.IsRunning ? container.StartedAt : null)
        {
            State = state,
            IsOptional = container.IsOptional,
            Url = report?.Url is { } url ? new Uri(url) : null,
            MemoryBytes = container.IsRunning ? await things.MemoryAsync(container.Id, cancellationToken).ConfigureAwait(false) : null,
            Restarts = container.Restarts,
            LastFailure = container.HasFailed ? $"it ended with exit code {container.ExitCode}" : report?.LastFailure,
            LastWords = state == ServiceState.GaveUp ? await things.TailAsync(container.Id, LinesShown, cancellationToken).ConfigureAwait(false) : null,
        };
    }

    private static LocalService Stopped(LocalService service, string why) =>
        new(service.Name, IsRunning: false, ProcessId: null, service.Port, service.Version, StartedAt: null) { IsOptional = service.IsOptional, LastFailure = why };

    private static LocalService[] Only(LocalService? gateway) => gateway is null ? [] : [gateway];

    private static bool IsDatabase(LocalService service) => service.Name == DockerCatalog.Database;
}
