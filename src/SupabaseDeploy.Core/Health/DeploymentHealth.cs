using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Health;

/// <summary>How well something is, in order of severity.</summary>
public enum HealthStatus
{
    /// <summary>As it should be.</summary>
    Healthy,

    /// <summary>Works, but not as it should.</summary>
    Degraded,

    /// <summary>Does not work.</summary>
    Failed,
}

/// <summary>The outcome of one check of one environment.</summary>
public sealed record HealthCheck : IEnvironmentResult
{
    /// <summary>The environment that was measured.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>What was measured: <c>database</c>, <c>writes</c>, <c>migrations</c>, <c>schema</c>, <c>connections</c>, <c>transactions</c>, <c>web</c>, or an endpoint's name.</summary>
    public required string Check { get; init; }

    /// <summary>The verdict.</summary>
    public required HealthStatus Status { get; init; }

    /// <summary>How long the check took.</summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>What was seen, and what was expected where it differs.</summary>
    public required string Message { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset MeasuredAt { get; init; }

    /// <summary>
    /// False when the probe itself failed (no connection, no answer in time), so that <see cref="Status"/> is Failed for want of an answer.
    /// </summary>
    public bool IsAnswered { get; init; } = true;

    /// <summary>The worst status of all checks of the same run.</summary>
    public HealthStatus Overall { get; init; }
}

/// <summary>What a measurement means for a deployment.</summary>
public enum HealthVerdict
{
    /// <summary>Nothing has failed.</summary>
    Pass,

    /// <summary>An answer was wrong.</summary>
    Fail,

    /// <summary>Probes got no answer, and no answer that came was wrong: nothing is known.</summary>
    Inconclusive,
}

/// <summary>All checks of one run.</summary>
/// <param name="Environment">The environment that was measured.</param>
/// <param name="Checks">One a check.</param>
public sealed record DeploymentHealth(DeploymentEnvironment Environment, IReadOnlyList<HealthCheck> Checks) : IEnvironmentResult
{
    /// <summary>The id of the release it was measured against: the one asked for, else the ledger's; null when there is neither, or it is not known.</summary>
    public string? ReleaseId { get; init; }

    /// <summary>The worst status of <see cref="Checks"/>.</summary>
    public HealthStatus Status => Checks.Count == 0 ? HealthStatus.Failed : Checks.Max(check => check.Status);

    /// <summary>What that means for a deployment.</summary>
    public HealthVerdict Verdict =>
        Status != HealthStatus.Failed ? HealthVerdict.Pass
        : Checks.Any(check => check is { Status: HealthStatus.Failed, IsAnswered: true }) ? HealthVerdict.Fail
        : HealthVerdict.Inconclusive;
}
