using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Backups;

/// <summary>
/// Brings a backup back: it is built and verified beside the live database, and only then given its name, in one transaction.
/// The deployment lock is held throughout, and the ledger of the live database goes on in the restored one.
/// </summary>
/// <param name="targets">Where environments are.</param>
/// <param name="installations">Where pg_restore comes from.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class DeploymentRestorer(IDeploymentTargets targets, PostgresInstallations installations, TimeProvider? time = null)
{
    // Nobody's data: the ledger goes on as it is, and the history says what the schema is.
    private static readonly string[] s_bookkeeping = ["supabase_deploy", "supabase_migrations"];

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>What a restore would bring back and what it would lose. Changes nothing.</summary>
    /// <exception cref="DeployException">The environment cannot be found.</exception>
    public async Task<RestorePlan> PlanAsync(DeploymentBackup backup, IProgressSink sink, CancellationToken cancellationToken)
    {
        IDeploymentTarget target = targets.For(backup.Environment);
        DatabaseAddress application = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        DatabaseAddress database = await target.GetAdministrationAsync(cancellationToken).ConfigureAwait(false) ?? application;
        return new RestorePlan
        {
            Environment = backup.Environment,
            Backup = backup,
            Host = target.Host,
            Database = application.Database,
            TimeLost = _time.GetUtcNow() - backup.ConsistentAt,
            Differences = await CompareAsync(backup, database, sink, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>Restores. Until the switch nothing of the live database is changed; whatever fails before it leaves nothing behind.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="options">How long to wait for another deployment and for health, and why it is done.</param>
    /// <param name="sink">Told about each step.</param>
    /// <param name="cancellationToken">Stops it; after the switch it is finished all the same.</param>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.BackupDamaged"/>, <see cref="ErrorTable.RestoreNotPossible"/>, <see cref="ErrorTable.RestoreFailed"/>, <see cref="ErrorTable.DatabaseInUse"/>.
    /// </exception>
    public async Task<Deployment> RestoreAsync(DeploymentBackup backup, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = backup.Environment;
        IDeploymentTarget target = targets.For(environment);
        DatabaseAddress application = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        DatabaseAddress administration = await target.GetAdministrationAsync(cancellationToken).ConfigureAwait(false) ?? throw NotPossible(environment);
        PostgresInstallation installation = await installations.FindOrInstallAsync(sink, cancellationToken).ConfigureAwait(false);
        await BackupFiles.EnsureIntactAsync(backup, cancellationToken).ConfigureAwait(false);

        string activity = $"Restore {environment}";
        RestoreWorkplace workplace = await RestoreWorkplace.EnterAsync(
            application, administration, $"restore backup {backup.Id} to {environment}", options.LockWait, _time, sink, cancellationToken).ConfigureAwait(false);
        await using (workplace.ConfigureAwait(false))
        {
            try
            {
                await workplace.Remains.SettleAsync(new Ledger(environment, application), sink, cancellationToken).ConfigureAwait(false);
                var restore = new Restoration(workplace, target, new HealthChecker(targets, _time), backup, options, new DumpProgram(installation, sink), sink, _time);
                return await restore.RunAsync(activity, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                sink.Publish(new ActivityCompleted(activity));
            }
        }
    }

    private static async Task<IReadOnlyList<RowDifference>?> CompareAsync(
        DeploymentBackup backup, DatabaseAddress database, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await database.OpenAsync(cancellationToken, "supabase-deploy restore plan").ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var catalog = new DatabaseContents(connection);
                await catalog.ExecuteAsync("set statement_timeout = 0; set row_security = off", cancellationToken).ConfigureAwait(false);
                return Compare(await catalog.CountRowsAsync(null, cancellationToken).ConfigureAwait(false), backup.Manifest.Tables);
            }
        }
        catch (Exception e) when (e is DeployException or NpgsqlException)
        {
            // It may be broken or gone: that is what restores are for.
            sink.Publish(new Caution($"The live database of '{backup.Environment}' cannot be read: {e.Message}"));
            return null;
        }
    }

    internal static IReadOnlyList<RowDifference> Compare(IReadOnlyList<TableRows> live, IReadOnlyList<TableRows> backup)
    {
        Dictionary<string, long> now = Rows(live);
        Dictionary<string, long> then = Rows(backup);
        return [.. now.Keys.Union(then.Keys).Order(StringComparer.Ordinal)
            .Select(table => new RowDifference(table, now.GetValueOrDefault(table), then.GetValueOrDefault(table)))
            .Where(difference => difference.Live != difference.Backup)];
    }

    private static Dictionary<string, long> Rows(IReadOnlyList<TableRows> tables) =>
        tables.Where(table => !s_bookkeeping.Contains(table.Schema)).ToDictionary(table => table.ToString(), table => table.Rows);

    private static DeployException NotPossible(DeploymentEnvironment environment) => new(
        ErrorTable.RestoreNotPossible,
        $"A backup cannot be restored to '{environment}': the place gives no role that may create and rename databases.",
        "Give the database URL of such a role, or restore with the platform's own means.",
        environment);
}
