namespace SupabaseDeploy.Deployments;

/// <summary>Who holds a lock, or asks for it.</summary>
/// <param name="Who">The CI actor or the operating system's user.</param>
/// <param name="Machine">Host name.</param>
/// <param name="ProcessId">Operating system process id on that machine.</param>
/// <param name="Since">When it was taken, UTC.</param>
/// <param name="Why">What it is held for: <c>publish 3f9a… to production</c>.</param>
public sealed record LockOwner(string Who, string Machine, int ProcessId, DateTimeOffset Since, string Why)
{
    /// <summary>This process as an owner.</summary>
    /// <param name="why">What the lock is for.</param>
    /// <param name="since">When it asks, UTC.</param>
    public static LockOwner OfThisProcess(string why, DateTimeOffset since) => new(
        Actor.OfThisProcess().Name,
        Environment.MachineName,
        Environment.ProcessId,
        since,
        why);

    /// <summary>Who, from where: <c>ann on build-7 (process 4711)</c>.</summary>
    internal string Requester => $"{Who} on {Machine} (process {ProcessId})";

    /// <inheritdoc/>
    public override string ToString() => $"{Requester} since {Since:yyyy-MM-dd HH:mm:ss}Z: {Why}";
}
