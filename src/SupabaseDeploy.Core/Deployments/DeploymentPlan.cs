using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// The desired release and the observed environment, worked out into ordered steps. A value: what is printed, tested, executed and
/// recorded is the same.
/// </summary>
public sealed record DeploymentPlan : IEnvironmentResult
{
    /// <summary>The environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>Why the deployment is made.</summary>
    public required DeploymentKind Kind { get; init; }

    /// <summary>The release to bring; null for a backup that was taken before the first release.</summary>
    public required Release? Release { get; init; }

    /// <summary>The release the environment runs; null before the first.</summary>
    public required Release? PreviousRelease { get; init; }

    /// <summary>What is done, in order.</summary>
    public required IReadOnlyList<PlannedStep> Steps { get; init => field = value.ToArray(); }

    /// <summary>Versions of the migrations to apply, in order.</summary>
    public IReadOnlyList<string> Apply { get; init => field = value.ToArray(); } = [];

    /// <summary>Versions of the migrations to undo, newest first.</summary>
    public IReadOnlyList<string> Undo { get; init => field = value.ToArray(); } = [];

    /// <summary>
    /// Versions that this deployment answers for: those in <see cref="Apply"/>, and those of the release that an interrupted deployment
    /// had applied already. A rollback undoes them.
    /// </summary>
    public IReadOnlyList<string> Brings { get; init => field = value.ToArray(); } = [];

    /// <summary>Versions of the contracting migrations, applied once the release was healthy and recorded, in order; going back leaves them to the next publish.</summary>
    public IReadOnlyList<string> Contract { get; init => field = value.ToArray(); } = [];

    /// <summary>The edge functions to bring and to remove; null where the place runs none.</summary>
    public FunctionChange? Functions { get; init; }

    /// <summary>The settings to change, key by key.</summary>
    public IReadOnlyList<ConfigurationChange> Configuration { get; init => field = value.ToArray(); } = [];

    /// <summary>Ids of the interrupted deployments whose work this one takes over: going back goes back behind them.</summary>
    public IReadOnlyList<Guid> TakesOver { get; init => field = value.ToArray(); } = [];

    /// <summary>What must hold before the first step, each with its verdict.</summary>
    public IReadOnlyList<Gate> Gates { get; init => field = value.ToArray(); } = [];

    /// <summary>How the deployment would be undone, and what that would lose.</summary>
    public required RollbackPlan Rollback { get; init; }

    /// <summary>Every way back that was looked at for a rollback, the least costly first; empty for a publish, and in a plan from the ledger.</summary>
    public IReadOnlyList<RollbackWay> Ways { get; init => field = value.ToArray(); } = [];

    /// <summary>The way that a rollback goes: the first that is possible; null for a publish.</summary>
    public RollbackWay? Way => Ways.FirstOrDefault(way => way.IsPossible);

    /// <summary>What the deployment itself loses: tables and columns that down scripts drop, with rows; what a backup is older by.</summary>
    public IReadOnlyList<string> DataLoss { get; init => field = value.ToArray(); } = [];

    /// <summary>What the last rehearsal of the release here foretells; null when there was none, and in a plan from the ledger.</summary>
    public RehearsalForecast? Rehearsal { get; init; }

    /// <summary>
    /// The locks of the migrations that an application waits for: seen in the <see cref="Rehearsal"/>, or foretold by rules where that was asked for.
    /// </summary>
    public IReadOnlyList<BlockingLock> Locks { get; init => field = value.ToArray(); } = [];

    /// <summary>How long it may take, by the deployments before it and the rehearsal; null when neither says.</summary>
    public TimeSpan? Expected => Steps.All(step => step.Expected is null) ? null : Steps.Aggregate(TimeSpan.Zero, (sum, step) => sum + (step.Expected ?? TimeSpan.Zero));

    /// <summary>What <see cref="Expected"/> was made from: <c>the last deployments and the rehearsal</c>; empty where it is null.</summary>
    public string ExpectedBy => string.Join(" and ", Steps.Select(step => step.ExpectedBy).OfType<string>().Distinct());

    /// <summary>True when anything is to be changed; false when the environment is as asked, and only has to be verified.</summary>
    public bool HasWork => Steps.Any(step => step.Changes);

    /// <summary>The release as it is before its contracting migrations: what is measured until then.</summary>
    internal Release ExpandedRelease => Contract.Count == 0 ? Release! : Release! with { Migrations = [.. Release!.Migrations.Where(migration => !Contract.Contains(migration.Version))] };

    /// <summary>What the plan was made from; null for a plan read from the ledger.</summary>
    internal ObservedState? Observed { get; init; }

    /// <summary>When the release was last found to be as it was made, in ticks of the clock's timestamps; null when the plan was made without looking.</summary>
    internal long? VerifiedAt { get; init; }

    /// <summary>Throws unless every gate lets the release through.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.GateRefused"/>, listing every gate.</exception>
    public void EnsureGatesPassed()
    {
        Gate[] closed = [.. Gates.Where(gate => !gate.LetsThrough)];
        if (closed.Length == 0)
        {
            return;
        }

        IEnumerable<string> verdicts = Gates.Select(gate => $"  {gate}{(gate.LetsThrough || gate.Remedy is null ? "" : "\n            " + gate.Remedy)}");
        string[] remedies = [.. closed.Select(gate => gate.Remedy).OfType<string>().Distinct()];
        throw new DeployException(
            ErrorTable.GateRefused,
            $"Release '{Release?.ShortId}' may not be published to '{Environment}': {closed.Length} of {Gates.Count} gates are not passed.\n{string.Join('\n', verdicts)}",
            remedies.Length > 0 ? string.Join("\n", remedies) : null,
            this);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Kind} {Release?.ShortId ?? "backup"} to {Environment}: {(HasWork ? string.Join(" → ", Steps.Select(step => step.Name)) : "nothing to do")}";
}

/// <summary>One step of a plan.</summary>
/// <param name="Name">Its name: <c>migrate</c>.</param>
/// <param name="Changes">True when it is to change the environment; false when it only looks, or finds nothing to do.</param>
/// <param name="Description">What it does, and why where that is not plain.</param>
public sealed record PlannedStep(string Name, bool Changes, string Description)
{
    /// <summary>How long it may take, by what it took in the deployments before, else in the rehearsal; null when neither says.</summary>
    public TimeSpan? Expected { get; init; }

    /// <summary>Where <see cref="Expected"/> comes from: <c>the last deployments</c>, <c>the rehearsal</c>; null with it.</summary>
    public string? ExpectedBy { get; init; }

    /// <summary>How it would be undone; null when it changes nothing that would have to be.</summary>
    public string? Undo { get; init; }

    /// <summary>What undoing it would lose; null with <see cref="Undo"/>.</summary>
    public string? Loses { get; init; }
}

/// <summary>The way back from a deployment.</summary>
public enum RollbackStrategy
{
    /// <summary>Code and down scripts: every migration it brings can be undone by a script of its own release.</summary>
    DownScripts,

    /// <summary>The database is not changed: web root, functions and settings go back.</summary>
    CodeOnly,

    /// <summary>Down scripts are missing; the platform's restore point from before the deployment is gone back to, by a person's decision.</summary>
    RestorePoint,

    /// <summary>Down scripts are missing; the backup taken before the deployment is restored, by a person's decision.</summary>
    Backup,

    /// <summary>There is no way back that loses nothing without asking: a failure has to be repaired forward.</summary>
    None,
}

/// <summary>How a deployment would be undone.</summary>
/// <param name="Strategy">The way.</param>
/// <param name="Description">The way, in words.</param>
/// <param name="Loss">What it would lose.</param>
public sealed record RollbackPlan(RollbackStrategy Strategy, string Description, string Loss)
{
    /// <summary>True when a failed health check is undone without asking.</summary>
    public bool IsAutomatic => Strategy is RollbackStrategy.DownScripts or RollbackStrategy.CodeOnly;

    /// <inheritdoc/>
    public override string ToString() => Description;
}
