namespace SupabaseDeploy.Deployments;

/// <summary>Who holds a lock, or asks for it.</summary>
/// <param name="Who">The CI actor or the operating system's user.</param>
/// <param name="Machine">Host name.</param>
/// <param name="ProcessId">Operating system process id on that machine.</param>
/// <param name="Since">When it was taken, UTC.</param>
/// <param name="Why">What it is held for: <c>publish 3f9a… to production</c>.</param>
public sealed record LockOwner(string Who, string Machine, int ProcessId, DateTimeOffset Since, string Why)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Who} on {Machine} (process {ProcessId}) since {Since:yyyy-MM-dd HH:mm:ss}Z: {Why}";
}
