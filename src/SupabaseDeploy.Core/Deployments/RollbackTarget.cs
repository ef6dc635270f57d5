using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

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

    public static DeploymentPlan MakePlan(DeploymentEnvironment environment, Release release, ObservedState observed, MigrationDelta delta)
    {
        string? wanted = release.Web is null ? null : release.Id;
        bool webChanges = observed.HasWebRoot && observed.ServedRelease != wanted;
        bool changes = delta.Undo.Count > 0 || delta.Apply.Count > 0 || webChanges;
        bool records = changes || observed.Current?.Id != release.Id || observed.Unsettled is not null;
        string[] undo = [.. delta.Undo.Select(migration => migration.Version)];
        var steps = new List<PlannedStep>
        {
            new(StepName.Lock, false, "One writer at a time, held to the end."),
            new(StepName.Preflight, false, $"Hash release {release} again; compare the history of {observed.History.Count} migrations."),
        };
        if (environment.Backup.Before)
        {
            steps.Add(new(StepName.Backup, changes, changes ? "Back up before the first change." : "Nothing changes: no backup."));
        }

        steps.Add(Words.WebStep(observed, release, webChanges));
        steps.Add(new(StepName.Undo, undo.Length > 0, undo.Length > 0 ? $"Undo {Words.Migrations(undo)} by down script." : "No migration has to be undone."));
        if (delta.Apply.Count > 0)
        {
            steps.Add(new(StepName.Migrate, true, $"Apply {Words.Migrations(delta.Apply)}."));
        }

        steps.Add(new(StepName.Health, false, "Measure until healthy."));
        steps.Add(new(StepName.Record, records, records ? "Write the deployment to the ledger." : "The ledger says so already."));
        return new DeploymentPlan
        {
            Environment = environment,
            Kind = DeploymentKind.Rollback,
            Release = release,
            PreviousRelease = observed.Current,
            Steps = steps,
            Apply = delta.Apply,
            Undo = undo,
            Brings = delta.Brings,
            Rollback = new RollbackPlan(
                RollbackStrategy.None,
                observed.Current is { } current ? $"Publish it again: Publish-Environment {environment} -Release {current}" : "There is no release to return to.",
                undo.Length > 0 ? "What the down scripts drop does not come back." : "Nothing."),
            Observed = observed,
        };
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
