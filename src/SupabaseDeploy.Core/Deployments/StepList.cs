using SupabaseDeploy.Events;

namespace SupabaseDeploy.Deployments;

/// <summary>The steps of one deployment as they were done; each is announced when it begins and when it ends.</summary>
/// <param name="activity">Name of the whole work, for progress.</param>
/// <param name="time">The clock.</param>
/// <param name="sink">Told about each step.</param>
internal sealed class StepList(string activity, TimeProvider time, IProgressSink sink)
{
    private readonly List<DeploymentStep> _steps = [];

    public int Count => _steps.Count;

    public DeploymentStep this[int position] => _steps[position];

    /// <summary>The steps as they stand.</summary>
    public IReadOnlyList<DeploymentStep> ToList() => [.. _steps];

    /// <summary>Announces a step and adds it as running; gives its position.</summary>
    public int Begin(DeploymentPlan plan, string name)
    {
        sink.Publish(new DeploymentStepStarted(activity, plan, ToList(), name));
        _steps.Add(new DeploymentStep(name, StepStatus.Running, Now(), null, null));
        return _steps.Count - 1;
    }

    /// <summary>How it ended; announced by <see cref="Announce"/> once that is written.</summary>
    public void End(int position, StepStatus status, string message) =>
        _steps[position] = _steps[position] with { Status = status, Duration = Now() - _steps[position].StartedAt, Message = message };

    /// <summary>Announces that a step has ended.</summary>
    public void Announce(DeploymentPlan plan, int position) => sink.Publish(new DeploymentStepEnded(activity, plan, _steps[position]));

    private DateTimeOffset Now() => Ledger.ToMicrosecond(time.GetUtcNow());
}
