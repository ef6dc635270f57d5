using Docker.DotNet.Models;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The ports of this machine that lead to a stack's containers: those that <c>config.toml</c> names, else those they had. A port that
/// something else holds is exchanged for another one, and who holds it is said.
/// </summary>
internal sealed class DockerPorts(DockerConnection docker, IReadOnlyList<FoundContainer> found, StackRecord? record, SupabaseConfiguration? configuration, IProgressSink sink)
{
    // Services are started at once.
    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<(string Service, string Port), int> _chosen = [];

    /// <summary>The ports of this machine that lead to a service, by the container's. The same for every call until it is moved.</summary>
    public async Task<IReadOnlyDictionary<int, int>> OfAsync(DockerService service, CancellationToken cancellationToken)
    {
        using IDisposable turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        var ports = new Dictionary<int, int>();
        foreach ((string name, int port) in service.Ports)
        {
            if (!_chosen.TryGetValue((service.Name, name), out int chosen))
            {
                _chosen[(service.Name, name)] = chosen = await ChooseAsync(service, name, port, cancellationToken).ConfigureAwait(false);
            }

            ports[port] = chosen;
        }

        return ports;
    }

    /// <summary>Gives a service that could not listen other ports for those that are taken.</summary>
    public async Task MoveAsync(DockerService service, CancellationToken cancellationToken)
    {
        using IDisposable turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        // An engine without its proxy has nothing listen on the ports of containers: they look free.
        IEnumerable<int> published = (await ListRunningAsync(cancellationToken).ConfigureAwait(false))
            .SelectMany(container => container.Ports ?? []).Select(port => (int?)port.PublicPort).OfType<int>();
        HashSet<int> held = [.. published];
        foreach (string name in service.Ports.Keys.Where(name => held.Contains(_chosen[(service.Name, name)]) || !LoopbackPort.IsFree(_chosen[(service.Name, name)])))
        {
            _chosen[(service.Name, name)] = await MoveAsync(service, _chosen[(service.Name, name)], cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<int> ChooseAsync(DockerService service, string name, int port, CancellationToken cancellationToken)
    {
        FoundContainer? container = found.FirstOrDefault(known => known.Service == service.Name);
        int? had = container?.Ports.TryGetValue(port, out int bound) == true ? bound : name == ServiceDefinition.MainPort ? record?.PortOf(service.Name) : null;
        if (container?.IsUp == true && had is { } own)
        {
            return own;
        }

        int? configured = service.PortKeys.TryGetValue(name, out string? key) ? configuration?.Port(key) : null;
        return (configured ?? had) is not { } wish ? LoopbackPort.Choose()
            : LoopbackPort.IsFree(wish) ? wish
            : await MoveAsync(service, wish, cancellationToken, had).ConfigureAwait(false);
    }

    private async Task<int> MoveAsync(DockerService service, int taken, CancellationToken cancellationToken, int? had = null)
    {
        int port = had is { } last && last != taken && LoopbackPort.IsFree(last) ? last : LoopbackPort.Choose();
        sink.Publish(new Notice($"Port {taken} is taken by {await HolderAsync(taken, cancellationToken).ConfigureAwait(false)}; service '{service.Name}' moves to port {port}."));
        return port;
    }

    /// <summary>The container that a port leads to, which the engine knows, else the process that listens on it.</summary>
    private async Task<string> HolderAsync(int port, CancellationToken cancellationToken)
    {
        IList<ContainerListResponse> running = await ListRunningAsync(cancellationToken).ConfigureAwait(false);
        ContainerListResponse? container = running.FirstOrDefault(other => other.Ports?.Any(known => known.PublicPort == port) == true);
        return container is not null
            ? $"container '{container.Names[0].TrimStart('/')}'"
            : await PortHolder.DescribeAsync(port, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The containers that the engine runs, whoever's they are.</summary>
    private Task<IList<ContainerListResponse>> ListRunningAsync(CancellationToken cancellationToken) => docker.AskAsync(
        "list the containers", client => client.Containers.ListContainersAsync(new ContainersListParameters(), cancellationToken));

    private async Task<IDisposable> TurnAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(_one);
    }

    private sealed class Turn(SemaphoreSlim one) : IDisposable
    {
        public void Dispose() => one.Release();
    }
}
