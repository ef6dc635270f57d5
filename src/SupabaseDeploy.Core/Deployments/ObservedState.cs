using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

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

    /// <summary>The functions that answer; null where the place runs none.</summary>
    public IReadOnlyList<DeployedFunction>? Functions { get; init; }

    /// <summary>True where the platform makes restore points.</summary>
    public bool HasRestorePoints { get; init; }

    /// <summary>Every deployment in the ledger, oldest first.</summary>
    public required IReadOnlyList<Deployment> Deployments { get; init; }

    /// <summary>The ids of the releases that were healthy here at some time.</summary>
    public required IReadOnlySet<string> HealthyReleases { get; init; }

    /// <summary>All evidence in the ledger, oldest first.</summary>
    public IReadOnlyList<Evidence> Evidence { get; init; } = [];

    /// <summary>The release that runs here; null before the first.</summary>
    public Release? Current => Ledger.Current(Deployments)?.Release;

    /// <summary>The last deployment, when it may have left the environment between two releases. One that changed nothing does not count.</summary>
    public Deployment? Unsettled => Ledger.Unsettled(Deployments);

    /// <summary>What a person has to do first; null when the environment is not locked against publishing.</summary>
    public string? Lockout => Unsettled?.Lockout;

    /// <summary>True when the same functions answer.</summary>
    public bool HasSameFunctions(ObservedState other) => (Functions ?? []).SequenceEqual(other.Functions ?? []);

    /// <summary>The unsettled deployment and those whose work it had taken over itself, newest first.</summary>
    public IReadOnlyList<Deployment> UnsettledChain => Unsettled is not { } last
        ? []
        : [.. Deployments.Reverse().Where(deployment => deployment.Id == last.Id || last.Plan.TakesOver.Contains(deployment.Id))];

    /// <summary>Those of the chain that brought another release: one of the same is gone on with.</summary>
    public IEnumerable<Deployment> UnsettledOfOthers(Release release) => UnsettledChain.Where(deployment => deployment.Release?.Id != release.Id);

    /// <summary>True when a plan made from <paramref name="other"/> is the same plan.</summary>
    public bool IsSameAs(ObservedState other) =>
        History.SequenceEqual(other.History)
        && ServedRelease == other.ServedRelease
        && HasSameFunctions(other)
        && Deployments.Count == other.Deployments.Count
        && Deployments.LastOrDefault()?.Status == other.Deployments.LastOrDefault()?.Status;
}
