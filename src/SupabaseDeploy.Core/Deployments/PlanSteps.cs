using SupabaseDeploy.Environments;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Puts the steps that publishes and rollbacks share into words. No I/O.</summary>
internal sealed class PlanSteps(DeploymentEnvironment environment, Release release, ObservedState observed)
{
    private const string ByDeployments = "the last deployments", ByRehearsal = "the rehearsal";

    private readonly StepTimes _times = new(observed.Deployments);

    /// <summary>The last rehearsal of the release in this environment; null when there was none.</summary>
    public RehearsalForecast? Rehearsal { get; } = RehearsalForecast.Find(observed.Evidence, environment.Name, release.Id);

    public PlannedStep Lock() => Step(StepName.Lock, false, "One writer at a time, held to the end.");

    public PlannedStep Preflight() => Step(
        StepName.Preflight, false, $"Hash release {release} again; look at the place, its space and its schema; compare the history of {observed.History.Count} migrations.");

    /// <summary>The platform's restore point where there are some, else a backup; none where none is asked for.</summary>
    public IEnumerable<PlannedStep> Backup(bool changes)
    {
        if (!environment.Backup.Before)
        {
            return [];
        }

        string name = observed.HasRestorePoints ? StepName.RestorePoint : StepName.Backup;
        string description = (changes, observed.HasRestorePoints) switch
        {
            (false, _) => $"Nothing changes: no {name}.",
            (true, true) => "Have the platform make a restore point before the first change.",
            (true, false) => "Back up before the first change.",
        };
        return [Step(name, changes, description)];
    }

    public PlannedStep Migrate(IReadOnlyList<string> apply)
    {
        var step = new PlannedStep(
            StepName.Migrate, apply.Count > 0, apply.Count > 0 ? $"Apply {Words.Migrations(apply)}: the release has {Them(apply)}, the history has not." : "No migration is pending.");
        return _times.Of(StepName.Migrate, apply.Count, plan => plan.Apply.Count) is null && apply.Count > 0 && Rehearsal?.Expected is { } rehearsed
            ? step with { Expected = rehearsed, ExpectedBy = ByRehearsal }
            : Timed(step, apply.Count, plan => plan.Apply.Count);
    }

    public PlannedStep Undo(IReadOnlyList<string> undo) => Timed(
        new(StepName.Undo, undo.Count > 0, undo.Count > 0 ? $"Undo {Words.Migrations(undo)} by down script: the history has {Them(undo)}, the release has not." : "No migration has to be undone."),
        undo.Count,
        plan => plan.Undo.Count);

    public PlannedStep Recover(IReadOnlyList<string> undo) => new(
        StepName.Recover, true, $"Undo {Words.Migrations(undo)}, left by interrupted {observed.Unsettled}.");

    /// <summary>None where the place runs no functions, or there are none to speak of.</summary>
    public IEnumerable<PlannedStep> Functions(FunctionChange? change)
    {
        if (change is null || (change.IsEmpty && release.Functions.Count == 0))
        {
            return [];
        }

        string[] parts =
        [
            .. change.Deploy.Count > 0 ? [$"Bring {Names(change.Deploy)}, new or changed, and switch at once."] : (string[])[],
            .. change.Remove.Count > 0 ? [$"Remove {Names(change.Remove)}, which this release does not have."] : (string[])[],
        ];
        int changed = change.Deploy.Count + change.Remove.Count;
        return
        [
            Timed(
                new(StepName.Functions, !change.IsEmpty, parts.Length > 0 ? string.Join(" ", parts) : $"All {release.Functions.Count} are the release's already."),
                changed,
                plan => plan.Functions is { } then ? then.Deploy.Count + then.Remove.Count : 0),
        ];
    }

    /// <summary>None where every declared setting is as declared.</summary>
    public IEnumerable<PlannedStep> Configuration(IReadOnlyList<ConfigurationChange> changes) => changes.Count == 0
        ? []
        : [Step(StepName.Configuration, true, $"Set {string.Join("; ", changes)}.")];

    public PlannedStep Web(bool changes) => Step(StepName.Web, changes, Words.WebStep(observed, release, changes));

    public PlannedStep Health(string then)
    {
        HealthSettings health = environment.Health;
        string window = health.Window > TimeSpan.Zero ? $" within a window of {Readable.Duration(health.Window)}" : "";
        return Step(StepName.Health, false, $"Measure until healthy {health.Passes} times in a row{window}{then}.");
    }

    public PlannedStep Record(bool records) => Step(StepName.Record, records, records ? "Write the deployment and its evidence to the ledger." : "The ledger says so already.");

    /// <summary>None where none is pending.</summary>
    public IEnumerable<PlannedStep> Contract(IReadOnlyList<string> versions) => versions.Count == 0
        ? []
        : [Timed(
            new(StepName.Contract, true, $"Apply contracting {Words.Migrations(versions)}, once the release is healthy and recorded: there is no way back from then on but a backup."),
            versions.Count,
            plan => plan.Contract.Count)];

    private PlannedStep Step(string name, bool changes, string description)
    {
        var step = new PlannedStep(name, changes, description);
        return changes || name is StepName.Lock or StepName.Preflight or StepName.Health ? Timed(step) : step;
    }

    private PlannedStep Timed(PlannedStep step, int parts = 1, Func<DeploymentPlan, int>? partsOf = null) =>
        _times.Of(step.Name, parts, partsOf) is { } expected ? step with { Expected = expected, ExpectedBy = ByDeployments } : step;

    private static string Them(IReadOnlyList<string> versions) => versions.Count == 1 ? "it" : "them";

    private static string Names(IReadOnlyList<string> slugs) => slugs.Count == 1 ? $"function {slugs[0]}" : $"functions {string.Join(", ", slugs)}";
}
