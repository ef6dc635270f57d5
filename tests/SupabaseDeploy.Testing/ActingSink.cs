using SupabaseDeploy.Events;

namespace SupabaseDeploy.Testing;

/// <summary>Does something at each event, on the thread that publishes it.</summary>
public sealed class ActingSink(Action<DeployEvent> act) : IProgressSink
{
    public void Publish(DeployEvent deployEvent) => act(deployEvent);
}
