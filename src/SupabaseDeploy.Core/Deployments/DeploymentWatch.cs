using SupabaseDeploy.Events;

namespace SupabaseDeploy.Deployments;

/// <summary>Follows a deployment that another process runs, by what it writes to the ledger.</summary>
/// <param name="ledger">The ledger.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class DeploymentWatch(Ledger ledger, TimeProvider? time = null)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly HashSet<long> _told = [];
    private int _stepsEnded;
    private string? _step;

    /// <summary>
    /// Tells of each step and each event of the running deployment until it ends, or its process is gone; gives it as it is then. Where
    /// none runs, gives the last one at once; null when there is none at all.
    /// </summary>
    public async Task<Deployment?> FollowAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<Deployment> all = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        if (all is not [.., var deployment])
        {
            return null;
        }

        string activity = $"{deployment.Kind} {deployment.Release?.ShortId ?? "a backup"} to {deployment.Environment} (deployment {deployment.Number})";
        try
        {
            while (deployment.Status == DeploymentStatus.Running)
            {
                Tell(deployment, activity, sink);
                if (await ledger.IsAbandonedAsync(deployment, cancellationToken).ConfigureAwait(false))
                {
                    sink.Publish(new Caution($"{deployment} says that it runs, and {deployment.RequestedBy} does not hold the lock any more. The next deployment takes over."));
                    return deployment;
                }

                await Task.Delay(s_look, _time, cancellationToken).ConfigureAwait(false);
                deployment = await ReadAsync(deployment.Id, cancellationToken).ConfigureAwait(false);
            }

            Tell(deployment, activity, sink);
            return deployment;
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
        }
    }

    private async Task<Deployment> ReadAsync(Guid id, CancellationToken cancellationToken) =>
        (await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false)).Single(deployment => deployment.Id == id);

    private void Tell(Deployment deployment, string activity, IProgressSink sink)
    {
        DeploymentStep[] ended = [.. deployment.Steps.Where(step => step.Status != StepStatus.Running)];
        foreach (DeploymentStep step in ended.Skip(_stepsEnded))
        {
            sink.Publish(new DeploymentStepEnded(activity, deployment.Plan, step));
        }

        _stepsEnded = ended.Length;
        if (deployment.Steps.LastOrDefault(step => step.Status == StepStatus.Running)?.Name is { } running && running != _step)
        {
            sink.Publish(new DeploymentStepStarted(activity, deployment.Plan, ended, running));
            _step = running;
        }

        foreach (LedgerEvent each in deployment.Events.Where(each => _told.Add(each.Sequence)))
        {
            sink.Publish(new Caution($"{each.RecordedAt:HH:mm:ss}Z {each}"));
        }
    }
}
