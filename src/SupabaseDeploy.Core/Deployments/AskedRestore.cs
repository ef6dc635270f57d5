using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>A restore that a platform was asked for by a process that is gone: what is done to the database before it is over would be lost with it.</summary>
internal sealed class AskedRestore(IDeploymentTargets targets, DeploymentEnvironment environment, DateTimeOffset askedAt, TimeProvider time)
{
    // The platform answers at once and begins a little later: until then the old database still answers.
    private static readonly TimeSpan s_beginLimit = TimeSpan.FromMinutes(2);

    /// <summary>Call it while the database from before answers, which may be so only because the platform has not begun yet.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.RestoreUnderWay"/>.</exception>
    public void EnsureBeginsNoMore()
    {
        if (time.GetUtcNow() - askedAt < s_beginLimit)
        {
            throw UnderWay($"at {askedAt.UtcDateTime:HH:mm:ss}Z ", "may still begin with it", $"Wait until {(askedAt + s_beginLimit).UtcDateTime:HH:mm:ss}Z");
        }
    }

    /// <summary>A platform that is at work on the project may be at this restore.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.RestoreUnderWay"/>.</exception>
    public async Task EnsureAtRestAsync(CancellationToken cancellationToken)
    {
        if (targets.For(environment).RestorePoints is { } points && !await points.IsAtRestAsync(cancellationToken).ConfigureAwait(false))
        {
            throw UnderWay("", "is at work on its project", "Wait until the platform reports the project as active and healthy (see the dashboard)");
        }
    }

    private DeployException UnderWay(string when, string state, string wait) => new(
        ErrorTable.RestoreUnderWay,
        $"The platform was asked {when}to bring the database of '{environment}' back to a restore point, and {state}.",
        $"{wait}, then run the command again.",
        environment);
}
