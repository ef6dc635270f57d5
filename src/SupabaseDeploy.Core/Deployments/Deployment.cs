using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>Why a deployment was made.</summary>
public enum DeploymentKind
{
    /// <summary>To bring a release to the environment.</summary>
    Publish,

    /// <summary>To go back to a release that ran here before.</summary>
    Rollback,

    /// <summary>To bring back a backup.</summary>
    Restore,

    /// <summary>To begin again with a new database on this machine.</summary>
    Reset,
}

/// <summary>Where a deployment stands. Only <see cref="Running"/> and <see cref="Pending"/> can become another; the others are final.</summary>
public enum DeploymentStatus
{
    /// <summary>It has begun and not ended, or the process that ran it died.</summary>
    Running,

    /// <summary>The environment is as it was asked to be, and that was verified.</summary>
    Succeeded,

    /// <summary>It went wrong, and the environment is back where it was; that was verified.</summary>
    RolledBack,

    /// <summary>It went wrong, and <see cref="Deployment.Reason"/> says where it left the environment.</summary>
    Failed,

    /// <summary>It waits for people, or for the time, and has not begun: a later publish of the same release goes on with it.</summary>
    Pending,

    /// <summary>It was stopped, or its process died; a later deployment took over from it.</summary>
    Interrupted,
}

/// <summary>One attempt to bring one environment to one release.</summary>
public sealed record Deployment : IEnvironmentResult
{
    /// <summary>Its identity in the ledger; zeros for one that waits, which is a request there.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its number in the environment's ledger, from 1; null when nothing was to do and the ledger was left as it was.</summary>
    public int? Number { get; init; }

    /// <summary>The environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>The release it was to bring; null for the restore of a backup that was taken before the first release, and for a reset.</summary>
    public required Release? Release { get; init; }

    /// <summary>The release the environment ran before; null before the first.</summary>
    public required Release? PreviousRelease { get; init; }

    /// <summary>Why it was made.</summary>
    public required DeploymentKind Kind { get; init; }

    /// <summary>Where it stands.</summary>
    public required DeploymentStatus Status { get; init; }

    /// <summary>Why it ended as it did; null when it succeeded without remark.</summary>
    public string? Reason { get; init; }

    /// <summary>What a person has to do before the environment can be published to again; null when it is not locked by this deployment.</summary>
    public string? Lockout { get; init; }

    /// <summary>Who asked for it, from where: <c>ann on build-7 (process 4711)</c>.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended, UTC; null while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How long it took; null while it runs.</summary>
    public TimeSpan? Duration => FinishedAt - StartedAt;

    /// <summary>True when anything in the environment was changed, even when it was changed back.</summary>
    public bool Changed { get; init; }

    /// <summary>What was to be done.</summary>
    public required DeploymentPlan Plan { get; init; }

    /// <summary>What was done, in order; a rollback's steps follow the step that went wrong.</summary>
    public required IReadOnlyList<DeploymentStep> Steps { get; init => field = value.ToArray(); }

    /// <summary>What happened besides, in order: warnings, pauses and decisions, what was lost.</summary>
    public IReadOnlyList<LedgerEvent> Events { get; init => field = value.ToArray(); } = [];

    /// <summary>What went wrong, with its causes; only where this process ran the deployment, the ledger keeps <see cref="Reason"/>.</summary>
    public Exception? Failure { get; init; }

    /// <summary>True while it waits for a person's decision, because its health is not known.</summary>
    public bool IsPaused => Status == DeploymentStatus.Running
        && Events.LastOrDefault(each => each.Kind is LedgerEvent.Paused or LedgerEvent.Kept or LedgerEvent.RolledBack)?.Kind == LedgerEvent.Paused;

    /// <summary>The command that goes on with it; null when it does not wait, or its release is not here.</summary>
    public string? Continue => Status == DeploymentStatus.Pending && Release is not null ? PendingDeployments.Command(Environment, Release.Id) : null;

    /// <summary>True when it may have left the environment between two releases: the next deployment has to settle that.</summary>
    internal bool IsUnsettled =>
        Status is DeploymentStatus.Running or DeploymentStatus.Interrupted || (Status == DeploymentStatus.Failed && Changed);

    /// <summary>True when it was a restore whose database is there, whatever became of the rest of it.</summary>
    internal bool HasReplacedDatabase => this is { Kind: DeploymentKind.Restore, Changed: true, Status: DeploymentStatus.Succeeded or DeploymentStatus.Failed };

    /// <inheritdoc/>
    public override string ToString() => $"{(Number is { } number ? $"deployment {number}" : "deployment")} of {Release?.ShortId ?? (Kind == DeploymentKind.Reset ? "a new database" : "a backup")} to {Environment}";
}

/// <summary>Where a step stands.</summary>
public enum StepStatus
{
    /// <summary>It has begun.</summary>
    Running,

    /// <summary>It is done, and what it was to bring about was verified.</summary>
    Succeeded,

    /// <summary>It went wrong.</summary>
    Failed,
}

/// <summary>One step of a deployment as it was done.</summary>
/// <param name="Name"><c>lock</c>, <c>preflight</c>, <c>backup</c>, <c>recover</c>, <c>migrate</c>, <c>undo</c>, <c>functions</c>, <c>configuration</c>, <c>web</c>, <c>health</c>, <c>record</c>, <c>contract</c>, or <c>rollback …</c>.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="StartedAt">When it began, UTC.</param>
/// <param name="Duration">How long it took; null while it runs.</param>
/// <param name="Message">What was done or seen, or what went wrong.</param>
public sealed record DeploymentStep(string Name, StepStatus Status, DateTimeOffset StartedAt, TimeSpan? Duration, string? Message)
{
    /// <summary><c>web Succeeded</c>: what a list of steps shows of each.</summary>
    public override string ToString() => $"{Name} {Status}";
}
