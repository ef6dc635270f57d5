using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Ends in the ledger what ended without a word.</summary>
internal sealed class TakeOver(IDeploymentTargets targets, TimeProvider time)
{
    /// <summary>We hold the lock, so whoever is still recorded as running is not.</summary>
    public async Task RunAsync(DeploymentPlan plan, IProgressSink sink, CancellationToken cancellationToken)
    {
        DatabaseAddress database = await targets.For(plan.Environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        var ledger = new Ledger(plan.Environment, database);
        foreach (Deployment dead in plan.Observed!.Deployments.Where(deployment => deployment.Status == DeploymentStatus.Running))
        {
            Deployment ended = Interrupted(dead);
            sink.Publish(new Caution($"{dead} was interrupted: {dead.RequestedBy} has ended without finishing it. {ended.Reason} This deployment takes over."));
            await ledger.FinishAsync(ended, null, cancellationToken).ConfigureAwait(false);
        }

        // Contracting migrations come after the end.
        foreach (Deployment ended in plan.Observed.Deployments.Where(deployment => deployment is { Status: not DeploymentStatus.Running, Steps: [.., { Status: StepStatus.Running }] }))
        {
            int last = ended.Steps.Count - 1;
            await ledger.WriteStepAsync(ended, last, Ended(ended.Steps[last]), cancellationToken).ConfigureAwait(false);
        }
    }

    private Deployment Interrupted(Deployment dead)
    {
        DeploymentStep? last = dead.Steps.LastOrDefault();
        return dead with
        {
            Status = DeploymentStatus.Interrupted,
            Reason = last is null ? "The process that ran it ended." : $"The process that ran it ended at step '{last.Name}'.",
            Changed = true,
            FinishedAt = Ledger.ToMicrosecond(time.GetUtcNow()),
            Steps = last is { Status: StepStatus.Running }
                ? [.. dead.Steps.SkipLast(1), Ended(last)]
                : dead.Steps,
        };
    }

    private static DeploymentStep Ended(DeploymentStep step) => step with { Status = StepStatus.Failed, Message = "The process ended." };
}
