using SupabaseDeploy.Events;

namespace SupabaseDeploy.Targets;

/// <summary>The points in time that a platform can bring its database back to by itself.</summary>
public interface IPlaceRestorePoints
{
    /// <summary>Every point, oldest first, also those that are not (or no longer) usable.</summary>
    Task<IReadOnlyList<RestorePoint>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The point of that name, also one that is not listed because there are too many of its kind; null for none.</summary>
    Task<RestorePoint?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>The point at a moment, where every moment is one; null where the platform makes only some, or that moment is out of its reach.</summary>
    Task<RestorePoint?> FindAtAsync(DateTimeOffset moment, CancellationToken cancellationToken);

    /// <summary>
    /// Creates one and waits until it can be used. One of that name that is there and usable, or on its way, is taken: the call may be repeated.
    /// </summary>
    /// <param name="name">Its name: at most 20 lower-case letters, digits and <c>-</c>.</param>
    /// <param name="sink">Told of the wait.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.DeployException">It did not become usable.</exception>
    Task<RestorePoint> CreateAsync(string name, IProgressSink sink, CancellationToken cancellationToken);

    /// <summary>
    /// Brings the whole database back to the point, its ledger included, and waits until it answers again. Whoever calls carries the ledger over.
    /// </summary>
    Task RestoreAsync(RestorePoint point, IProgressSink sink, CancellationToken cancellationToken);

    /// <summary>False while the platform is at work on the place, so that a restore may have begun, or nobody can say that none has.</summary>
    Task<bool> IsAtRestAsync(CancellationToken cancellationToken);
}

/// <summary>Where a restore point stands.</summary>
public enum RestorePointStatus
{
    /// <summary>It is being made.</summary>
    Pending,

    /// <summary>It can be gone back to.</summary>
    Available,

    /// <summary>It is gone: a point lives for a limited time, and a later one may take its place.</summary>
    Removed,

    /// <summary>It could not be made.</summary>
    Failed,
}

/// <summary>One restore point.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="CreatedAt">The time it goes back to, UTC; null while that is not known.</param>
public sealed record RestorePoint(string Name, RestorePointStatus Status, DateTimeOffset? CreatedAt)
{
    /// <summary>What the platform says about its use, for people: how long it lives, what it does not bring back; null for nothing.</summary>
    public string? Limits { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
