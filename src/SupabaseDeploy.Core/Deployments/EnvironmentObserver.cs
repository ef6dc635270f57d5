using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Looks at an environment. Changes nothing.</summary>
internal sealed class EnvironmentObserver(IDeploymentTargets targets)
{
    public async Task<ObservedState> ObserveAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        IDeploymentTarget target = targets.For(environment);
        DatabaseAddress database = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        var ledger = new Ledger(environment, database);
        bool hasWebRoot = await target.GetWebUrlAsync(cancellationToken).ConfigureAwait(false) is not null;
        IReadOnlyList<Evidence> evidence = await ledger.GetEvidenceAsync(cancellationToken).ConfigureAwait(false);
        return new ObservedState
        {
            History = await ReadHistoryAsync(database, cancellationToken).ConfigureAwait(false),
            HasWebRoot = hasWebRoot,
            ServedRelease = hasWebRoot ? await target.GetServedReleaseAsync(cancellationToken).ConfigureAwait(false) : null,
            Functions = target.Functions is { } functions ? await functions.ListAsync(cancellationToken).ConfigureAwait(false) : null,
            HasRestorePoints = target.RestorePoints is not null,
            Deployments = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false),
            HealthyReleases = Evidence.HealthyOn(environment.Name, evidence),
        };
    }

    private static async Task<IReadOnlyList<string>> ReadHistoryAsync(DatabaseAddress database, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return [.. (await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false)).Select(applied => applied.Version)];
        }
    }
}
