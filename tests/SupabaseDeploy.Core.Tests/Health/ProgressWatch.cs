using SupabaseDeploy.Events;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Health;

/// <summary>Keeps every event, and tells when the first progress has come.</summary>
internal sealed class ProgressWatch : IProgressSink
{
    private readonly CollectingSink _all = new();
    private readonly TaskCompletionSource<ActivityProgress> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyCollection<DeployEvent> Events => _all.Events;

    public Task<ActivityProgress> First => _first.Task;

    public void Publish(DeployEvent deployEvent)
    {
        _all.Publish(deployEvent);
        if (deployEvent is ActivityProgress progress)
        {
            _first.TrySetResult(progress);
        }
    }
}
