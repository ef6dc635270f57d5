using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Targets;

/// <summary>Targets for work that needs nothing but the database.</summary>
public static class DatabaseTargets
{
    /// <summary>
    /// The target of <paramref name="environment"/> for such work. A stage that declares its database is as good as a database given by its
    /// URL, also where nothing can be published to it.
    /// </summary>
    /// <exception cref="Errors.DeployException"><see cref="Errors.ErrorTable.TargetNotSupported"/>: it has neither.</exception>
    public static IDeploymentTarget ForDatabase(this IDeploymentTargets targets, DeploymentEnvironment environment) =>
        environment is { Target: not TargetKind.Local, Database: not null } ? new DatabaseTarget(environment) : targets.For(environment);
}
