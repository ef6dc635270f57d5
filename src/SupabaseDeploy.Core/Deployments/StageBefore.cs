using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Compares an environment's server with that of the stage its releases come from: what was proven there was proven on that version.</summary>
/// <param name="targets">Gives the place each environment lives in.</param>
internal sealed class StageBefore(IDeploymentTargets targets)
{
    /// <summary>A fact where the versions differ; null where they do not, or there is no such stage, or it cannot be asked: its gate says that.</summary>
    /// <param name="environment">The environment that is published to.</param>
    /// <param name="major">The major version of its server.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<PlaceFact?> InspectAsync(DeploymentEnvironment environment, int major, CancellationToken cancellationToken)
    {
        if (environment.PromoteFrom is not { } name)
        {
            return null;
        }

        try
        {
            DeploymentEnvironment stage = DeploymentPipeline.Load(environment.Project).Resolve(name).Single();
            DatabaseAddress database = await targets.For(stage).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
            NpgsqlConnection connection = await database.OpenAsync(cancellationToken, "supabase-deploy preflight").ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return Compare(name, connection.PostgreSqlVersion.Major, major);
            }
        }
        catch (DeployException)
        {
            return null;
        }
    }

    /// <summary>Older is worse: a migration may use what this server does not have, and a backup of that stage cannot be restored here.</summary>
    internal static PlaceFact? Compare(string stage, int there, int here) => there == here ? null : new PlaceFact(
        "PostgreSQL of the stage before",
        PlaceVerdict.Doubtful,
        here < there
            ? $"This is PostgreSQL {here}, and '{stage}' is {there}: migrations may use what this server does not have, and a backup of '{stage}' cannot be restored here."
            : $"This is PostgreSQL {here}, and '{stage}' is {there}: the release was not proven on this version.",
        here < there
            ? $"Upgrade this server first, or rehearse the release on PostgreSQL {here}: Test-Release"
            : $"Upgrade '{stage}' first, or rehearse the release on PostgreSQL {here}: Test-Release");
}
