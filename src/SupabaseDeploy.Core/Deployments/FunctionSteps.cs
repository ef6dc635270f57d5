using SupabaseDeploy.Events;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Brings edge functions and takes them back, and verifies which answer.</summary>
internal sealed class FunctionSteps(IDeploymentTarget target, DeploymentLock held, EnvironmentObserver observer, IProgressSink sink)
{
    /// <summary>Brings new and changed functions, and removes those of earlier releases; first back to before what was interrupted.</summary>
    public async Task<StepOutcome> BringAsync(DeploymentPlan plan, Guid deployment, CancellationToken cancellationToken)
    {
        IPlaceFunctions place = target.Functions!;
        bool wentBack = false;
        foreach (Deployment interrupted in plan.Observed!.UnsettledOfOthers(plan.Release!))
        {
            wentBack |= (await place.GoBackAsync(interrupted.Id, sink, cancellationToken).ConfigureAwait(false)).Count > 0;
        }

        ObservedState now = await observer.ObserveAsync(target.Environment, cancellationToken).ConfigureAwait(false);
        FunctionChange change = FunctionDelta.Of(plan.Release!, now)!;
        if (change.IsEmpty)
        {
            return new StepOutcome($"All {plan.Release!.Functions.Count} functions are the release's.", wentBack);
        }

        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        await place.ApplyAsync(change, deployment, sink, cancellationToken).ConfigureAwait(false);
        return FunctionDelta.FindDifference(change, await place.ListAsync(cancellationToken).ConfigureAwait(false)) is { } difference
            ? throw StepOutcome.NotVerified(target.Environment, StepName.Functions, difference)
            : new StepOutcome($"{change.Deploy.Count} functions brought, {change.Remove.Count} removed, {plan.Release!.Functions.Count - change.Deploy.Count} unchanged.", true);
    }

    /// <summary>Puts back the functions from before the deployment, and from before those it took over.</summary>
    public async Task<StepOutcome> TakeBackAsync(DeploymentPlan plan, Guid deployment, CancellationToken cancellationToken)
    {
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        var back = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Guid id in plan.TakesOver.Prepend(deployment))
        {
            back.UnionWith(await target.Functions!.GoBackAsync(id, sink, cancellationToken).ConfigureAwait(false));
        }

        return new StepOutcome(back.Count == 0 ? "No function was changed." : $"Function {string.Join(", ", back)} is what it was.", back.Count > 0);
    }
}
