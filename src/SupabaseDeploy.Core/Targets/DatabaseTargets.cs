using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets.SupabaseCloud;

namespace SupabaseDeploy.Targets;

/// <summary>Targets for work that needs nothing but the database.</summary>
public static class DatabaseTargets
{
    /// <summary>
    /// The target of <paramref name="environment"/> for such work. A stage that declares its database is as good as a database given by its
    /// URL, also where nothing can be published to it. A hosted project is asked for another way to its database where there is a token for that.
    /// </summary>
    /// <exception cref="Errors.DeployException"><see cref="Errors.ErrorTable.TargetNotSupported"/>: it has neither.</exception>
    public static IDeploymentTarget ForDatabase(this IDeploymentTargets targets, DeploymentEnvironment environment) =>
        environment switch
        {
            { Target: TargetKind.Local } or { Database: null } => targets.For(environment),
            { Target: TargetKind.SupabaseCloud } => ApiAccess.HasToken(environment) || environment.Database.Password is null ? targets.For(environment) : new DatabaseTarget(environment with { Database = Verified(environment) }),
            _ => new DatabaseTarget(environment),
        };

    /// <summary>The platform's own hosts, and any whose authority is declared, have to prove who they are.</summary>
    private static DatabaseAddress Verified(DeploymentEnvironment environment) =>
        environment.Cloud.Certificate is not null || PoolerCheck.IsHosted(environment.Database!) ? CloudDatabase.Verified(environment, environment.Database!) : environment.Database!;
}
