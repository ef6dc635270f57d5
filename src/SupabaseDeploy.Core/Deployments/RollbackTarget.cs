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
        if (wanted is not null)
        {
            if (!WasHealthy(observed, wanted))
            {
                throw new DeployException(
                    ErrorTable.NothingToRestore,
                    $"Release '{wanted}' was never healthy on '{environment}', so there is nothing to go back to.",
                    $"Publish it: Publish-Environment {environment} -Release {wanted}",
                    wanted);
            }

            return IsLater(observed, wanted) ? throw IsPublish(environment, wanted, $"it came here after the current release, '{observed.Current}'") : wanted;
        }

        // A restore whose code did not follow is finished first; a failed deployment left the environment away from its current release.
        if ((FindHalfRestored(environment, observed) ?? (observed.Unsettled is null ? null : observed.Current)) is { } near && WasHealthy(observed, near))
        {
            return near;
        }

        return HealthyInOrder(observed).TakeWhile(release => release.Id != observed.Current?.Id).LastOrDefault() ?? throw new DeployException(
            ErrorTable.NothingToRestore,
            $"Environment '{environment}' has no healthy release before {(observed.Current is { } first ? $"the current one, '{first}'" : "now: nothing was published to it")}.",
            $"List what it has had with 'Get-Deployment {environment}', or restore a backup: Get-DeploymentBackup {environment}",
            environment);
    }

    /// <summary>The release whose database a restore brought back, where its code is not there; null when no restore was left half done.</summary>
    public static Release? FindHalfRestored(DeploymentEnvironment environment, ObservedState observed) =>
        Restored(environment, observed) is { } code && (observed.Unsettled is not null || code.Changes) ? code.Release : null;

    /// <summary>What the code still lacks of the release whose database a restore brought back; null when no restore was last.</summary>
    public static PlanDraft? Restored(DeploymentEnvironment environment, ObservedState observed) =>
        (observed.Unsettled ?? Ledger.Current(observed.Deployments)) is { HasReplacedDatabase: true, Release: { } release }
            ? new PlanDraft(environment, release, observed, null, Configuration(observed, release, []))
            : null;

    /// <summary>True when the release may be gone back to, if no other stands in the way.</summary>
    public static bool WasHealthy(ObservedState observed, Release release) => HealthyInOrder(observed).Any(healthy => healthy.Id == release.Id);

    /// <summary>Going back asks no gate, so it brings no migration that is new here.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.NothingToRestore"/>: that would be a publish.</exception>
    public static void EnsureBringsNothingNew(DeploymentEnvironment environment, Release release, ObservedState observed, MigrationDelta delta)
    {
        // What a rollback that stopped has undone may be applied again.
        string[] news = observed.Unsettled is null ? [.. delta.Apply.Except(delta.Undo.Select(undo => undo.Version))] : [];
        if (news.Length > 0)
        {
            throw IsPublish(environment, release, $"{Words.Migrations(news)} would be applied");
        }
    }

    public static DeploymentPlan MakePlan(
        DeploymentEnvironment environment, Release release, ObservedState observed, MigrationDelta delta, IReadOnlyList<ConfigurationChange> configuration)
    {
        var draft = new PlanDraft(environment, release, observed, delta, configuration);
        PlanSteps steps = draft.Steps;
        return draft.Finish(
            DeploymentKind.Rollback,
            [
                steps.Lock(),
                steps.Preflight(),
                .. steps.Backup(draft.Changes),
                steps.Web(draft.WebChanges),
                .. steps.Configuration(configuration),
                .. steps.Functions(draft.Functions),
                steps.Undo(draft.Undo),
                .. delta.Apply.Count > 0 ? [steps.Migrate(delta.Apply)] : (PlannedStep[])[],
                steps.Health(""),
                steps.Record(draft.Changes || draft.IsNews),
            ],
            new RollbackPlan(
                RollbackStrategy.None,
                observed.Current is { } current ? $"Publish it again: Publish-Environment {environment} -Release {current}" : "There is no release to return to.",
                draft.Undo.Count > 0 ? "What the down scripts drop does not come back." : "Nothing."));
    }

    /// <summary>The plan of a rollback that begins with the restore of the whole database. What code is to go back is planned again after that.</summary>
    public static DeploymentPlan MakeRestorePlan(DeploymentEnvironment environment, Release release, ObservedState observed, RollbackWay way)
    {
        var draft = new PlanDraft(environment, release, observed, null, []);
        PlanSteps steps = draft.Steps;
        return draft.Finish(
            DeploymentKind.Rollback,
            [
                steps.Lock(),
                new PlannedStep(StepName.Restore, true, way.Description),
                steps.Web(draft.WebChanges),
                .. steps.Functions(draft.Functions),
                steps.Health(""),
                steps.Record(true),
            ],
            way.Strategy == RollbackStrategy.Backup
                ? new RollbackPlan(RollbackStrategy.Backup, "The replaced database is kept until the next restore.", "Nothing until then.")
                : new RollbackPlan(RollbackStrategy.None, "There is no way back from it but a later restore point or backup.", way.Loss));
    }

    /// <summary>
    /// The settings to change: those that the release declares, and those that only later releases declared, which go back to what they were.
    /// </summary>
    public static IReadOnlyList<ConfigurationChange> Configuration(ObservedState observed, Release release, IReadOnlyList<ConfigurationChange> declared)
    {
        var values = new SortedDictionary<string, ConfigurationChange>(StringComparer.Ordinal);
        foreach (Deployment later in observed.Deployments.Reverse().TakeWhile(deployment => !BroughtSettings(deployment, release)))
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

    // A restore brings the database only.
    private static bool BroughtSettings(Deployment deployment, Release release) =>
        deployment.Release?.Id == release.Id && deployment is { Status: DeploymentStatus.Succeeded, Kind: not DeploymentKind.Restore };

    /// <summary>True when it was first published here after the current release was published last.</summary>
    private static bool IsLater(ObservedState observed, Release wanted) =>
        Published(observed, wanted) is [var first, ..]
        && observed.Current is { } current && current.Id != wanted.Id && Published(observed, current) is [.., var last] && first > last;

    private static int?[] Published(ObservedState observed, Release release) =>
    [
        .. observed.Deployments
            .Where(deployment => deployment is { Status: DeploymentStatus.Succeeded, Kind: DeploymentKind.Publish } && deployment.Release?.Id == release.Id)
            .Select(deployment => deployment.Number)
    ];

    private static DeployException IsPublish(DeploymentEnvironment environment, Release release, string why) => new(
        ErrorTable.NothingToRestore,
        $"Environment '{environment}' cannot go back to release '{release}', because {why}: that is a publish, and passes its gates.",
        $"Publish it: Publish-Environment {environment} -Release {release}",
        release);

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
