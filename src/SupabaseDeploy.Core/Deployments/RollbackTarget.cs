using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Which release to go back to, and the steps to get there. No I/O.</summary>
internal static class RollbackTarget
{
    public static Release Choose(DeploymentEnvironment environment, ObservedState observed, Release? wanted)
    {
        IReadOnlyList<Release> healthy = HealthyInOrder(observed);
        if (wanted is not null)
        {
            return healthy.Any(release => release.Id == wanted.Id) ? wanted : throw new DeployException(
                ErrorTable.NothingToRestore,
                $"Release '{wanted}' was never healthy on '{environment}', so there is nothing to go back to.",
                $"Publish it: Publish-Environment {environment} -Release {wanted}",
                wanted);
        }

        // A failed deployment left the environment away from its current release: that one is the way back.
        if (observed is { Unsettled: not null, Current: { } current } && healthy.Any(release => release.Id == current.Id))
        {
            return current;
        }

        return healthy.TakeWhile(release => release.Id != observed.Current?.Id).LastOrDefault() ?? throw new DeployException(
            ErrorTable.NothingToRestore,
            $"Environment '{environment}' has no healthy release before {(observed.Current is { } first ? $"the current one, '{first}'" : "now: nothing was published to it")}.",
            $"List what it has had with 'Get-Deployment {environment}', or restore a backup: Get-DeploymentBackup {environment}",
            environment);
    }

    public static DeploymentPlan MakePlan(
        DeploymentEnvironment environment, Release release, ObservedState observed, MigrationDelta delta, IReadOnlyList<ConfigurationChange> configuration)
    {
        string? wanted = release.Web is null ? null : release.Id;
        bool webChanges = observed.HasWebRoot && observed.ServedRelease != wanted;
        FunctionChange? functions = FunctionDelta.Of(release, observed);
        bool changes = delta.Undo.Count > 0 || delta.Apply.Count > 0 || webChanges || functions is { IsEmpty: false } || configuration.Count > 0;
        bool records = changes || observed.Current?.Id != release.Id || observed.Unsettled is not null;
        string[] undo = [.. delta.Undo.Select(migration => migration.Version)];
        var steps = new PlanSteps(environment, release, observed);
        return new DeploymentPlan
        {
            Environment = environment,
            Kind = DeploymentKind.Rollback,
            Release = release,
            PreviousRelease = observed.Current,
            Steps =
            [
                steps.Lock(),
                steps.Preflight(),
                .. steps.Backup(changes),
                steps.Web(webChanges),
                .. steps.Configuration(configuration),
                .. steps.Functions(functions),
                steps.Undo(undo),
                .. delta.Apply.Count > 0 ? [steps.Migrate(delta.Apply)] : (PlannedStep[])[],
                steps.Health(""),
                steps.Record(records),
            ],
            Apply = delta.Apply,
            Undo = undo,
            Brings = delta.Brings,
            Functions = functions,
            Configuration = configuration,
            TakesOver = [.. observed.UnsettledChain.Select(deployment => deployment.Id)],
            Rollback = new RollbackPlan(
                RollbackStrategy.None,
                observed.Current is { } current ? $"Publish it again: Publish-Environment {environment} -Release {current}" : "There is no release to return to.",
                undo.Length > 0 ? "What the down scripts drop does not come back." : "Nothing."),
            Observed = observed,
        };
    }

    /// <summary>The plan of a rollback that begins with the restore of a backup. What code is to go back is planned again after that.</summary>
    public static DeploymentPlan MakeRestorePlan(DeploymentEnvironment environment, Release release, ObservedState observed, RollbackWay way)
    {
        var steps = new PlanSteps(environment, release, observed);
        return new DeploymentPlan
        {
            Environment = environment,
            Kind = DeploymentKind.Rollback,
            Release = release,
            PreviousRelease = observed.Current,
            Steps =
            [
                steps.Lock(),
                new PlannedStep(StepName.Restore, true, way.Description),
                steps.Web(observed.HasWebRoot && observed.ServedRelease != (release.Web is null ? null : release.Id)),
                .. steps.Functions(FunctionDelta.Of(release, observed)),
                steps.Health(""),
                steps.Record(true),
            ],
            Rollback = new RollbackPlan(RollbackStrategy.Backup, "The replaced database is kept until the next restore.", "Nothing until then."),
            Observed = observed,
        };
    }

    /// <summary>
    /// The settings to change: those that the release declares, and those that only later releases declared, which go back to what they were.
    /// </summary>
    public static IReadOnlyList<ConfigurationChange> Configuration(ObservedState observed, Release release, IReadOnlyList<ConfigurationChange> declared)
    {
        var values = new SortedDictionary<string, ConfigurationChange>(StringComparer.Ordinal);
        foreach (Deployment later in observed.Deployments.Reverse().TakeWhile(deployment => !(deployment.Release?.Id == release.Id && deployment.Status == DeploymentStatus.Succeeded)))
        {
            foreach (ConfigurationChange change in later.Status is DeploymentStatus.Succeeded ? later.Plan.Configuration.Where(change => !change.IsSecret) : [])
            {
                string? now = values.TryGetValue(change.Key, out ConfigurationChange? known) ? known.OldValue : change.NewValue;
                values[change.Key] = change with { OldValue = now, NewValue = change.OldValue };
            }
        }

        foreach (ConfigurationChange change in declared)
        {
            values[change.Key] = change;
        }

        return [.. values.Values.Where(change => change.IsSecret || change.OldValue != change.NewValue)];
    }

    /// <summary>Releases that were healthy here, in the order of their last publish, so that going back twice goes back by two.</summary>
    private static IReadOnlyList<Release> HealthyInOrder(ObservedState observed) =>
    [
        .. observed.Deployments
            .Where(deployment => deployment is { Status: DeploymentStatus.Succeeded, Kind: DeploymentKind.Publish, Release: not null })
            .Where(deployment => observed.HealthyReleases.Contains(deployment.Release!.Id))
            .GroupBy(deployment => deployment.Release!.Id)
            .OrderBy(published => published.Max(deployment => deployment.Number))
            .Select(published => published.Last().Release!)
    ];
}
