using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Backups;

/// <summary>
/// Ends restores of backups whose process died, where the ledger still says that they run: the journal beside the database says whether it is there,
/// and that decides where the environment is.
/// </summary>
/// <param name="targets">Where environments are.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class KilledRestores(IDeploymentTargets targets, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Ends one before anything is planned.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="wait">How long to wait for the lock.</param>
    /// <param name="sink">Told what is done.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.DeployException">The lock is held: it is at work.</exception>
    public async Task SettleAsync(DeploymentEnvironment environment, TimeSpan wait, IProgressSink sink, CancellationToken cancellationToken)
    {
        IDeploymentTarget target = targets.For(environment);
        if (await target.GetAdministrationAsync(cancellationToken).ConfigureAwait(false) is null)
        {
            return;
        }

        DatabaseAddress database = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        if (!IsIn(await new Ledger(environment, database).GetDeploymentsAsync(cancellationToken).ConfigureAwait(false)))
        {
            return;
        }

        DeploymentLock held = await DeploymentLock.AcquireAsync(database, $"end the restore of {environment}", wait, sink, cancellationToken, _time).ConfigureAwait(false);
        await using (held.ConfigureAwait(false))
        {
            await SettleUnderLockAsync(environment, sink, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>True when the last deployment is a restore that has not ended: whoever holds the lock knows that its process has.</summary>
    internal static bool IsIn(IReadOnlyList<Deployment> deployments) => deployments is [.., { Kind: DeploymentKind.Restore, Status: DeploymentStatus.Running }];

    /// <summary>The same for whoever holds the lock already.</summary>
    internal async Task SettleUnderLockAsync(DeploymentEnvironment environment, IProgressSink sink, CancellationToken cancellationToken)
    {
        IDeploymentTarget target = targets.For(environment);
        if (await target.GetAdministrationAsync(cancellationToken).ConfigureAwait(false) is not { } administration
            || await MaintenanceDatabase.FindAsync(administration, cancellationToken).ConfigureAwait(false) is not { } maintenance)
        {
            return;
        }

        DatabaseAddress database = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        NpgsqlConnection connection = await maintenance.OpenAsync(cancellationToken, "supabase-deploy restore").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await new RestoreJournal(connection).CreateAsync(cancellationToken).ConfigureAwait(false);
            await new RestoreRemains(connection, database.Database, _time).SettleAsync(new Ledger(environment, database), sink, cancellationToken).ConfigureAwait(false);
        }
    }
}
