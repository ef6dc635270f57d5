using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>What restores that died have left on a server. The lock is held.</summary>
/// <param name="maintenance">The maintenance database as the administering role.</param>
/// <param name="live">The live database's name.</param>
/// <param name="time">The clock.</param>
internal sealed class RestoreRemains(NpgsqlConnection maintenance, string live, TimeProvider time)
{
    private readonly RestoreJournal _journal = new(maintenance);

    /// <summary>
    /// Settles it: before the switch, what they built is dropped; after it, they are done.
    /// Nothing else is possible, because the switch is one transaction.
    /// </summary>
    public async Task SettleAsync(Ledger ledger, IProgressSink sink, CancellationToken cancellationToken)
    {
        foreach (RestoreEntry entry in await _journal.ReadAsync(live, cancellationToken).ConfigureAwait(false))
        {
            if (entry.State == RestoreState.Building)
            {
                sink.Publish(new Notice($"A restore of backup '{entry.Backup}' had ended before its switch: database '{entry.Restored}' is dropped."));
                await EndAsync(ledger, entry, DeploymentStatus.Interrupted, "Its process died before the switch; the database was not touched.", sink, cancellationToken).ConfigureAwait(false);
                await AbandonAsync(entry, cancellationToken).ConfigureAwait(false);
            }
            else if (entry.State == RestoreState.Switched)
            {
                sink.Publish(new Notice($"A restore of backup '{entry.Backup}' had ended after its switch: the replaced database is kept as '{entry.Previous}'."));
                string reason = $"Backup {entry.Backup} was verified and switched in; then the process died. The replaced database is kept as '{entry.Previous}'.";
                if (await EndAsync(ledger, entry, DeploymentStatus.Succeeded, reason, sink, cancellationToken).ConfigureAwait(false))
                {
                    await _journal.WriteStateAsync(entry.Id, RestoreState.Done, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Drops what was built.</summary>
    public async Task AbandonAsync(RestoreEntry entry, CancellationToken cancellationToken)
    {
        await maintenance.ExecuteAsync($"drop database if exists {Queries.Quote(entry.Restored)} with (force)", cancellationToken).ConfigureAwait(false);
        await _journal.WriteStateAsync(entry.Id, RestoreState.Abandoned, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>False where the ledger cannot be told just now: the journal goes on knowing what it has to hear.</summary>
    private async Task<bool> EndAsync(
        Ledger ledger, RestoreEntry entry, DeploymentStatus status, string reason, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<Deployment> deployments = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            if (deployments.FirstOrDefault(deployment => deployment.Id == entry.Deployment && deployment.Status == DeploymentStatus.Running) is { } running)
            {
                bool isSwitched = status == DeploymentStatus.Succeeded;
                DateTimeOffset now = time.GetUtcNow();
                DeploymentStep[] steps = [.. running.Steps.Select(step => step.Status != StepStatus.Running ? step : step with
                {
                    Status = isSwitched ? StepStatus.Succeeded : StepStatus.Failed,
                    Duration = now - step.StartedAt,
                    Message = reason,
                })];
                Deployment settled = running with { Status = status, Changed = isSwitched, Reason = reason, Steps = steps, FinishedAt = now };
                await ledger.FinishAsync(settled, null, cancellationToken).ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception e) when (e is DeployException or NpgsqlException)
        {
            sink.Publish(new Caution($"The ledger cannot say how the restore of backup '{entry.Backup}' ended: {e.Message}"));
            return false;
        }
    }
}
