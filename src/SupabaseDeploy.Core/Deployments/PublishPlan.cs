using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Puts the steps of a publish into words and order. No I/O.</summary>
internal static class PublishPlan
{
    public static DeploymentPlan Make(
        DeploymentEnvironment environment, Release release, ObservedState observed, MigrationDelta delta, IReadOnlyList<ConfigurationChange> configuration)
    {
        var draft = new PlanDraft(environment, release, observed, delta, configuration);
        bool changes = draft.Changes || delta.Contract.Count > 0;
        PlanSteps steps = draft.Steps;
        RollbackPlan back = WayBack(environment, release, observed, delta, steps.Rehearsal);
        PlannedStep[] planned =
        [
            steps.Lock(),
            steps.Preflight(),
            .. steps.Backup(changes),
            .. draft.Undo.Count > 0 ? [steps.Recover(draft.Undo)] : (PlannedStep[])[],
            steps.Migrate(delta.Apply),
            .. steps.Functions(draft.Functions),
            .. steps.Configuration(configuration),
            steps.Web(draft.WebChanges),
            steps.Health(draft.Changes ? "; roll back when it fails" : "; nothing was changed"),
            steps.Record(changes || draft.IsNews || !Evidence.HealthyOn(environment.Name, observed.Evidence).Contains(release.Id)),
            .. steps.Contract(delta.Contract),
        ];
        return draft.Finish(DeploymentKind.Publish, [.. planned.Select(step => step.Changes ? WithWayBack(step, observed, back) : step)], back) with
        {
            Rehearsal = steps.Rehearsal,
            Locks = [.. steps.Rehearsal?.Locks.Where(held => delta.Apply.Contains(held.Version) || delta.Contract.Contains(held.Version)) ?? []],
        };
    }

    private static PlannedStep WithWayBack(PlannedStep step, ObservedState observed, RollbackPlan back) => step.Name switch
    {
        StepName.Migrate => step with { Undo = Words.Way(back.Strategy), Loses = back.Loss },
        StepName.Functions => step with { Undo = "The functions from before are kept, and switched back to.", Loses = "Nothing." },
        StepName.Configuration => step with { Undo = "Each key is set back to what it was; a secret stays, as it cannot be read.", Loses = "Nothing." },
        StepName.Web => step with { Undo = $"The web root is switched back to {(observed.ServedRelease is { } served ? Words.Short(served) : "nothing")}.", Loses = "Nothing." },
        StepName.Recover => step with { Undo = "Publish that release again.", Loses = "What the down scripts drop." },
        StepName.Contract => step with { Undo = "A backup from before it.", Loses = "Everything written after the backup." },
        _ => step,
    };

    private static RollbackPlan WayBack(DeploymentEnvironment environment, Release release, ObservedState observed, MigrationDelta delta, RehearsalForecast? rehearsal)
    {
        string previous = observed.Current is { } current ? $"release {current}" : "no release: the history as it is now, and a web root that serves nothing";
        ReleaseMigration[] brought =
            [.. release.Migrations.Where(migration => delta.Brings.Contains(migration.Version) && delta.Undo.All(undo => undo.Version != migration.Version || delta.Apply.Contains(undo.Version)))];
        string[] versions = [.. brought.Select(migration => migration.Version)];
        string[] missing = [.. brought.Where(migration => migration.DownSha256 is null).Select(migration => migration.Version)];
        string[] wrong = rehearsal?.NotRestoring(versions) ?? [];
        string[] oneWay = [.. versions.Where(version => missing.Contains(version) || wrong.Contains(version))];
        string cannot = $"{Words.Migrations(oneWay)} cannot be undone by a down script{(wrong.Length > 0 ? $" ({Words.NotRestoring(rehearsal!, wrong)})" : "")}";
        string code = observed.Functions is null ? "Web root" : "Web root, functions and settings";
        return (brought.Length, oneWay.Length, environment.Backup.Before) switch
        {
            (0, _, _) => new(RollbackStrategy.CodeOnly, $"{code} {(observed.Functions is null ? "goes" : "go")} back to {previous}.", "Nothing."),
            (_, 0, _) => new(
                RollbackStrategy.DownScripts,
                $"{code} and schema go back to {previous}, by the down scripts of {Words.Migrations(versions)}. {Words.Proof(rehearsal, versions)}",
                "What is written into what these migrations add, between publish and rollback."),
            (_, _, true) => new(
                observed.HasRestorePoints ? RollbackStrategy.RestorePoint : RollbackStrategy.Backup,
                $"{cannot}: the way back is the {(observed.HasRestorePoints ? "restore point made" : "backup taken")} before, gone back to by a person's decision.",
                $"Everything written after the {(observed.HasRestorePoints ? "restore point" : "backup")}."),
            _ => new(
                RollbackStrategy.None,
                $"There is none: {cannot}, and no backup is taken before.",
                "A failed health check leaves the environment at the new release, locked against publishing until it is repaired."),
        };
    }
}
