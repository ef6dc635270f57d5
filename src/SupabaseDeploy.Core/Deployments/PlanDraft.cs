using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>What publishes and rollbacks both work out before their steps are put in order. No I/O.</summary>
/// <param name="environment">The environment.</param>
/// <param name="release">The release to bring.</param>
/// <param name="observed">What the environment is.</param>
/// <param name="delta">What is done to the history; null where the whole database is replaced first.</param>
/// <param name="configuration">The settings to change.</param>
internal sealed class PlanDraft(
    DeploymentEnvironment environment, Release release, ObservedState observed, MigrationDelta? delta, IReadOnlyList<ConfigurationChange> configuration)
{
    public Release Release => release;

    public PlanSteps Steps { get; } = new(environment, release, observed);

    /// <summary>Versions of the migrations to undo, newest first.</summary>
    public IReadOnlyList<string> Undo { get; } = [.. delta?.Undo.Select(migration => migration.Version) ?? []];

    public FunctionChange? Functions { get; } = FunctionDelta.Of(release, observed);

    public bool WebChanges { get; } = observed.HasWebRoot && observed.ServedRelease != (release.Web is null ? null : release.Id);

    /// <summary>True when anything but contracting migrations is to be done.</summary>
    public bool Changes => Undo.Count > 0 || delta?.Apply.Count > 0 || WebChanges || Functions is { IsEmpty: false } || configuration.Count > 0;

    /// <summary>What is not the release's, in words: <c>web root, functions a, b</c>.</summary>
    public string Lacks => string.Join(
        ", ",
        (string[])[
            .. WebChanges ? ["web root"] : (string[])[],
            .. Functions is { IsEmpty: false } change ? [$"functions {string.Join(", ", change.Deploy.Concat(change.Remove))}"] : (string[])[],
            .. configuration.Count > 0 ? [$"settings {string.Join(", ", configuration.Select(change => change.Key))}"] : (string[])[]]);

    /// <summary>True when the ledger has to say something else than it does, whether anything is changed or not.</summary>
    public bool IsNews => observed.Current?.Id != release.Id || observed.Unsettled is not null;

    public DeploymentPlan Finish(DeploymentKind kind, IReadOnlyList<PlannedStep> steps, RollbackPlan rollback) => new()
    {
        Environment = environment,
        Kind = kind,
        Release = release,
        PreviousRelease = observed.Current,
        Steps = steps,
        Apply = delta?.Apply ?? [],
        Undo = Undo,
        Brings = delta?.Brings ?? [],
        Contract = delta?.Contract ?? [],
        Functions = delta is null ? null : Functions,
        Configuration = configuration,
        TakesOver = delta is null ? [] : [.. observed.UnsettledChain.Select(deployment => deployment.Id)],
        Rollback = rollback,
        Observed = observed,
    };
}
