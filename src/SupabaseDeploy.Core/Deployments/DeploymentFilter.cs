namespace SupabaseDeploy.Deployments;

/// <summary>Which deployments of a ledger are asked for. What is not given does not narrow it.</summary>
public sealed record DeploymentFilter
{
    /// <summary>Only those that stand so; empty for any.</summary>
    public IReadOnlyList<DeploymentStatus> Statuses { get; init; } = [];

    /// <summary>Also, or with no <see cref="Statuses"/> only, those that wait for a person's decision on their health; they are Running.</summary>
    public bool ArePaused { get; init; }

    /// <summary>Only those that began at this time or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only those that began before this time.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Only those of this release: its id.</summary>
    public string? ReleaseId { get; init; }

    /// <summary>True when the deployment is asked for.</summary>
    public bool Matches(Deployment deployment) =>
        ((Statuses.Count == 0 && !ArePaused) || Statuses.Contains(deployment.Status) || (ArePaused && deployment.IsPaused))
        && (Since is not { } since || deployment.StartedAt >= since)
        && (Until is not { } until || deployment.StartedAt < until)
        && (ReleaseId is null || deployment.Release?.Id == ReleaseId);
}
