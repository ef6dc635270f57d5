using SupabaseDeploy.Events;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>Makes something go wrong at the nth event of whatever kind, which may be in the middle of a step.</summary>
internal sealed class FaultSink(int number, Action happen) : IProgressSink
{
    private readonly System.Threading.Lock _counting = new();
    private int _seen;

    /// <summary>The event at which it happened; null when the work ended before.</summary>
    public string? At { get; private set; }

    public void Publish(DeployEvent deployEvent)
    {
        lock (_counting)
        {
            if (++_seen != number)
            {
                return;
            }
        }

        At = deployEvent switch
        {
            DeploymentStepStarted started => $"beginning of '{started.Step}'",
            DeploymentStepEnded ended => $"end of '{ended.Step.Name}'",
            Detail detail => $"'{detail.Message}'",
            _ => $"{deployEvent.GetType().Name}",
        };
        happen();
    }
}
