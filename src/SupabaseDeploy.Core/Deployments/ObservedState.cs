using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>What an environment is, as far as a plan depends on it.</summary>
internal sealed record ObservedState
{
    /// <summary>Versions in the migration history, in order.</summary>
    public required IReadOnlyList<string> History { get; init; }

    /// <summary>False where the place serves no web root at all.</summary>
    public required bool HasWebRoot { get; init; }

    /// <summary>The release the web root serves; null for none.</summary>
    public required string? ServedRelease { get; init; }

    /// <summary>Every deployment in the ledger, oldest first.</summary>
    public required IReadOnlyList<Deployment> Deployments { get; init; }

    /// <summary>The ids of the releases that were healthy here.</summary>
    public required IReadOnlySet<string> HealthyReleases { get; init; }

    /// <summary>The release that runs here; null before the first.</summary>
    public Release? Current => Ledger.Current(Deployments)?.Release;

    /// <summary>The last deployment, when it may have left the environment between two releases. One that changed nothing does not count.</summary>
    public Deployment? Unsettled =>
        Deployments.LastOrDefault(deployment => deployment is not { Status: DeploymentStatus.Failed, Changed: false }) is { IsUnsettled: true } last ? last : null;

    /// <summary>What a person has to do first; null when the environment is not locked against publishing.</summary>
    public string? Lockout => Unsettled?.Lockout;

    /// <summary>True when a plan made from <paramref name="other"/> is the same plan.</summary>
    public bool IsSameAs(ObservedState other) =>
        History.SequenceEqual(other.History)
        && ServedRelease == other.ServedRelease
        && Deployments.Count == other.Deployments.Count
        && Deployments.LastOrDefault()?.Status == other.Deployments.LastOrDefault()?.Status;
}
