using SupabaseDeploy.Deployments;

namespace SupabaseDeploy.Migrations;

/// <summary>Makes sure between files that the lock is still ours, but asks the server no more than once a second.</summary>
internal sealed class LockGuard(DeploymentLock held, TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private long _asked = time.GetTimestamp();

    public async Task EnsureHeldAsync(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(_asked) < s_interval)
        {
            return;
        }

        await EnsureHeldNowAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks in any case: a connection beside the lock's own was lost.</summary>
    public async Task EnsureHeldNowAsync(CancellationToken cancellationToken)
    {
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        _asked = time.GetTimestamp();
    }
}
