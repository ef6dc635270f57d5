using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>Puts the steps of a publish into words and order. No I/O.</summary>
internal static class PublishPlan
{
    public static DeploymentPlan Make(DeploymentEnvironment environment, Release release, ObservedState observed, MigrationDelta delta)
    {
        string? wanted = release.Web is null ? null : release.Id;
        bool webChanges = observed.HasWebRoot && observed.ServedRelease != wanted;
        bool changes = delta.Apply.Count > 0 || delta.Undo.Count > 0 || webChanges;
        bool records = changes || observed.Current?.Id != release.Id || observed.Unsettled is not null || !observed.HealthyReleases.Contains(release.Id);
        var steps = new List<PlannedStep>
        {
            new(StepName.Lock, false, "One writer at a time, held to the end."),
            new(StepName.Preflight, false, $"Hash release {release} again; compare the history of {observed.History.Count} migrations."),
        };
        if (environment.Backup.Before)
        {
            steps.Add(new(StepName.Backup, changes, changes ? "Back up before the first change." : "Nothing changes: no backup."));
        }

        if (delta.Undo.Count > 0)
        {
            steps.Add(new(StepName.Recover, true, $"Undo {Words.Migrations(delta.Undo.Select(undo => undo.Version))}, left by interrupted {observed.Unsettled}."));
        }

        steps.Add(new(StepName.Migrate, delta.Apply.Count > 0, delta.Apply.Count > 0 ? $"Apply {Words.Migrations(delta.Apply)}." : "No migration is pending."));
        steps.Add(Words.WebStep(observed, release, webChanges));
        steps.Add(new(StepName.Health, false, $"Measure until healthy; {(changes ? "roll back when it fails" : "nothing was changed")}."));
        steps.Add(new(StepName.Record, records, records ? "Write the deployment and its evidence to the ledger." : "The ledger says so already."));
        return new DeploymentPlan
        {
            Environment = environment,
            Kind = DeploymentKind.Publish,
            Release = release,
            PreviousRelease = observed.Current,
            Steps = steps,
            Apply = delta.Apply,
            Undo = [.. delta.Undo.Select(undo => undo.Version)],
            Brings = delta.Brings,
            Rollback = WayBack(environment, release, observed, delta),
            Observed = observed,
        };
    }

    private static RollbackPlan WayBack(DeploymentEnvironment environment, Release release, ObservedState observed, MigrationDelta delta)
    {
        string previous = observed.Current is { } current ? $"release {current}" : "no release: the history as it is now, and a web root that serves nothing";
        ReleaseMigration[] brought =
            [.. release.Migrations.Where(migration => delta.Brings.Contains(migration.Version) && delta.Undo.All(undo => undo.Version != migration.Version || delta.Apply.Contains(undo.Version)))];
        string[] oneWay = [.. brought.Where(migration => migration.DownSha256 is null).Select(migration => migration.Version)];
        return (brought.Length, oneWay.Length, environment.Backup.Before) switch
        {
            (0, _, _) => new(RollbackStrategy.WebOnly, $"The web root goes back to {previous}.", "Nothing."),
            (_, 0, _) => new(
                RollbackStrategy.DownScripts,
                $"Web root and schema go back to {previous}, by the down scripts of {Words.Migrations(brought.Select(migration => migration.Version))}.",
                "What is written into what these migrations add, between publish and rollback."),
            (_, _, true) => new(
                RollbackStrategy.Backup,
                $"{Words.Migrations(oneWay)} cannot be undone by a down script: the way back is the backup taken before, restored by a person's decision.",
                "Everything written after the backup."),
            _ => new(
                RollbackStrategy.None,
                $"There is none: {Words.Migrations(oneWay)} cannot be undone by a down script, and no backup is taken before.",
                "A failed health check leaves the environment at the new release, locked against publishing until it is repaired."),
        };
    }
}
