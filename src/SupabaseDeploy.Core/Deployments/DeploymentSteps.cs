using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>What the steps of publishes and rollbacks do, by subject. Each checks before it acts and verifies afterwards, so each may be repeated.</summary>
internal sealed class DeploymentSteps(
    IDeploymentTarget target, DatabaseAddress database, DeploymentLock held, EnvironmentObserver observer, TimeProvider time, IProgressSink sink)
{
    public RestorePointStep RestorePoint { get; } = new(target, held, sink);

    public MigrationSteps Migrations { get; } = new(target, database, held, observer, time, sink);

    public FunctionSteps Functions { get; } = new(target, held, observer, sink);

    public ConfigurationSteps Configuration { get; } = new(target, held, sink);

    public WebStep Web { get; } = new(target, held, sink);

    /// <exception cref="Errors.DeployException"><see cref="Errors.ErrorTable.DeploymentLockLost"/>.</exception>
    public Task EnsureHeldAsync(CancellationToken cancellationToken) => held.EnsureHeldAsync(cancellationToken);
}
