using SupabaseDeploy.Events;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Brings settings and takes them back.</summary>
internal sealed class ConfigurationSteps(IDeploymentTarget target, DeploymentLock held, IProgressSink sink)
{
    private IReadOnlyList<ConfigurationChange> _brought = [];

    /// <summary>
    /// Brings the declared settings; first back to before what was interrupted. Settings can be changed in the dashboard at any time, past every lock:
    /// what the plan did not show is left as somebody has just set it.
    /// </summary>
    public async Task<StepOutcome> BringAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        IPlaceConfiguration place = target.Configuration!;
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        string[] foreign = FindForeign(await place.PlanAsync(plan.Release!, cancellationToken).ConfigureAwait(false), plan);
        bool IsOurs(ConfigurationChange change) => !foreign.Contains(change.Key);
        _brought = [.. plan.Configuration.Where(IsOurs)];
        foreach (Deployment interrupted in plan.Observed!.UnsettledOfOthers(plan.Release!))
        {
            await place.ApplyAsync([.. Reversed(interrupted.Plan.Configuration).Where(IsOurs)], sink, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<ConfigurationChange> declared = await place.PlanAsync(plan.Release!, cancellationToken).ConfigureAwait(false);
        string[] keys = [.. declared.Select(change => change.Key)];
        ConfigurationChange[] changes = [.. declared.Concat(plan.Configuration.Where(change => !keys.Contains(change.Key))).Where(IsOurs)];
        await place.ApplyAsync(changes, sink, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<ConfigurationChange> left = await place.PlanAsync(plan.Release!, cancellationToken).ConfigureAwait(false);
        string[] wrong = [.. left.Where(change => !change.IsSecret && IsOurs(change)).Select(change => change.Key)];
        return wrong.Length == 0
            ? new StepOutcome(changes.Length == 0 ? "No setting was changed." : $"{string.Join("; ", changes.Select(change => change.ToString()))}.", changes.Length > 0)
            : throw StepOutcome.NotVerified(target.Environment, StepName.Configuration, $"{string.Join(", ", wrong)} is not as declared");
    }

    /// <summary>Puts back the settings from before the deployment, and from before those it took over. Secrets stay: what they were cannot be read.</summary>
    public async Task<StepOutcome> TakeBackAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        foreach (IReadOnlyList<ConfigurationChange> changes in plan.Observed!.UnsettledChain.Select(deployment => deployment.Plan.Configuration).Prepend(_brought).Select(Reversed))
        {
            await target.Configuration!.ApplyAsync(changes, sink, cancellationToken).ConfigureAwait(false);
            keys.UnionWith(changes.Select(change => change.Key));
        }

        return new StepOutcome(keys.Count == 0 ? "No setting was changed." : $"{string.Join(", ", keys)} is what it was.", keys.Count > 0);
    }

    /// <summary>The keys of what would be changed now and is not in the plan.</summary>
    private string[] FindForeign(IReadOnlyList<ConfigurationChange> now, DeploymentPlan plan)
    {
        ConfigurationChange[] others =
        [
            .. now.Where(change => !plan.Configuration.Any(shown => (shown.Key, shown.OldValue, shown.NewValue) == (change.Key, change.OldValue, change.NewValue))),
        ];
        if (others.Length > 0)
        {
            sink.Publish(new Caution(
                $"Settings of '{target.Environment}' were changed by somebody else since the plan was made, and are left so. The next publish would bring back: {string.Join("; ", others.Select(change => change.ToString()))}."));
        }

        return [.. others.Select(change => change.Key)];
    }

    private static IReadOnlyList<ConfigurationChange> Reversed(IReadOnlyList<ConfigurationChange> changes) =>
        [.. changes.Where(change => !change.IsSecret).Select(change => change.Reverse())];
}
