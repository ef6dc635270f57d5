using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Deployments;

/// <summary>Takes a backup before a deployment changes anything, and gives its id.</summary>
public delegate Task<string> BackupBefore(DeploymentEnvironment environment, IProgressSink sink, CancellationToken cancellationToken);

/// <summary>How a plan is executed.</summary>
public sealed record DeploymentOptions
{
    /// <summary>How long to wait for another holder of the deployment lock; zero to stop at once.</summary>
    public TimeSpan LockWait { get; init; }

    /// <summary>How long the environment may take to be healthy after the change, on top of the window. With zero and no window one measurement decides.</summary>
    public TimeSpan HealthLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Publishes although a failed rollback left the environment locked: the release is the repair.</summary>
    public bool RollForward { get; init; }

    /// <summary>A decision to go past gates that are closed, as the plan was made with; null for none.</summary>
    public GateOverride? Force { get; init; }

    /// <summary>Why, in the words of who asked for it; kept with the deployment. Null for none.</summary>
    public string? Reason { get; init; }
}
