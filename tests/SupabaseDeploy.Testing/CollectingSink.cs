using System.Collections.Concurrent;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Testing;

/// <summary>Keeps every event, in order.</summary>
public sealed class CollectingSink : IProgressSink
{
    private readonly ConcurrentQueue<DeployEvent> _events = new();

    public IReadOnlyCollection<DeployEvent> Events => _events;

    public void Publish(DeployEvent deployEvent) => _events.Enqueue(deployEvent);
}
