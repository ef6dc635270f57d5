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
        Task<Recorded> recorded = ReadAsync(environment, database, cancellationToken);
        Task<Served> served = LookAsync(target, cancellationToken);
        await Task.WhenAll(recorded, served).ConfigureAwait(false);
        (IReadOnlyList<string> history, IReadOnlyList<Deployment> deployments, IReadOnlyList<Evidence> evidence) = await recorded.ConfigureAwait(false);
        (bool hasWebRoot, string? release, IReadOnlyList<DeployedFunction>? functions) = await served.ConfigureAwait(false);
        return new ObservedState
        {
            History = history,
            HasWebRoot = hasWebRoot,
            ServedRelease = release,
            Functions = functions,
            HasRestorePoints = target.RestorePoints is not null,
            Deployments = deployments,
            HealthyReleases = Evidence.EverHealthyOn(environment.Name, evidence),
            Evidence = evidence,
        };
    }

    /// <summary>The versions in the migration history, in order.</summary>
    public async Task<IReadOnlyList<string>> ReadHistoryAsync(DeploymentEnvironment environment, CancellationToken cancellationToken) =>
        await ReadHistoryAsync(await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary>The same, where the database is known.</summary>
    public static async Task<IReadOnlyList<string>> ReadHistoryAsync(DatabaseAddress database, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await ReadHistoryAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What the database says, on one connection.</summary>
    private static async Task<Recorded> ReadAsync(DeploymentEnvironment environment, DatabaseAddress database, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken, "supabase-deploy ledger").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            // As the role that signs in, before the ledger's: the history may be another one's.
            IReadOnlyList<string> history = await ReadHistoryAsync(connection, cancellationToken).ConfigureAwait(false);
            LedgerSession session = await LedgerSession.BeginAsync(connection, database, cancellationToken).ConfigureAwait(false);
            int version = await session.ReadVersionAsync(cancellationToken).ConfigureAwait(false);
            if (version == 0)
            {
                return new Recorded(history, [], []);
            }

            (IReadOnlyList<Deployment> deployments, IReadOnlyList<Evidence> evidence) =
                await new LedgerReader(session, version, environment).ReadAsync(cancellationToken).ConfigureAwait(false);
            return new Recorded(history, deployments, evidence);
        }
    }

    /// <summary>What the place says.</summary>
    private static async Task<Served> LookAsync(IDeploymentTarget target, CancellationToken cancellationToken)
    {
        bool hasWebRoot = await target.GetWebUrlAsync(cancellationToken).ConfigureAwait(false) is not null;
        return new Served(
            hasWebRoot,
            hasWebRoot ? await target.GetServedReleaseAsync(cancellationToken).ConfigureAwait(false) : null,
            target.Functions is { } functions ? await functions.ListAsync(cancellationToken).ConfigureAwait(false) : null);
    }

    private static async Task<IReadOnlyList<string>> ReadHistoryAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. (await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false)).Select(applied => applied.Version)];

    private sealed record Recorded(IReadOnlyList<string> History, IReadOnlyList<Deployment> Deployments, IReadOnlyList<Evidence> Evidence);

    private sealed record Served(bool HasWebRoot, string? Release, IReadOnlyList<DeployedFunction>? Functions);
}
