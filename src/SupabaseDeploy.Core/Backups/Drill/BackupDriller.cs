using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Backups;

/// <summary>Proves a backup: restores it into a throw-away cluster, verifies what came out, and measures how long it took.</summary>
/// <param name="targets">Where environments are; the environment itself is only told the outcome.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class BackupDriller(IDeploymentTargets targets, TimeProvider? time = null)
{
    private static readonly TimeSpan s_recordLimit = TimeSpan.FromSeconds(20);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Drills. A backup that does not restore is a result, not an exception.</summary>
    /// <exception cref="DeployException">The drill itself could not be made: no PostgreSQL, no room for a cluster.</exception>
    public async Task<BackupDrill> RunAsync(DeploymentBackup backup, IProgressSink sink, CancellationToken cancellationToken)
    {
        string activity = $"Drill of backup {backup.Id}";
        DateTimeOffset startedAt = _time.GetUtcNow();
        long started = _time.GetTimestamp();
        IReadOnlyList<DrillCheck> checks;
        var rto = TimeSpan.Zero;
        try
        {
            // The clock stops when the database is verified; putting the cluster away is no part of a recovery.
            checks = await CheckAsync(backup, activity, () => rto = _time.GetElapsedTime(started), sink, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
        }

        DrillCheck? failed = checks.FirstOrDefault(check => !check.Passed);
        var drill = new BackupDrill
        {
            Environment = backup.Environment,
            Backup = backup.Id,
            Succeeded = failed is null,
            Rpo = startedAt - backup.ConsistentAt,
            Rto = rto,
            Tables = backup.Tables,
            Rows = backup.Rows,
            Checks = checks,
            Message = failed is null ? $"Restored and verified: {backup.Rows} rows in {backup.Tables} tables." : $"{failed.Name}: {failed.Message}",
            StartedAt = startedAt,
        };
        await new BackupStore(backup.Environment).WriteDrillAsync(backup, DrillRecord.Of(drill), cancellationToken).ConfigureAwait(false);
        await RecordEvidenceAsync(backup, drill, sink, cancellationToken).ConfigureAwait(false);
        return drill;
    }

    private async Task<IReadOnlyList<DrillCheck>> CheckAsync(
        DeploymentBackup backup, string activity, Action stopClock, IProgressSink sink, CancellationToken cancellationToken)
    {
        sink.Publish(new ActivityProgress(activity, "Verifying checksums", 0));
        IReadOnlyList<BackupDefect> defects = await BackupFiles.FindDefectsAsync(backup, cancellationToken).ConfigureAwait(false);
        if (defects.Count > 0)
        {
            stopClock();
            return [new DrillCheck("files", false, string.Join(", ", defects))];
        }

        sink.Publish(new ActivityProgress(activity, "Starting a throw-away cluster", 0));
        string drills = Path.Combine(backup.Environment.Project.StateFolder, "drills");
        ThrowAwayCluster cluster = await ThrowAwayCluster.StartAsync(drills, new ClusterOptions(), sink, cancellationToken).ConfigureAwait(false);
        await using (cluster.ConfigureAwait(false))
        {
            var files = new DrillCheck("files", true, $"{backup.Manifest.Files.Count} files, as written");
            try
            {
                return [files, .. await RestoreAsync(backup, cluster, activity, sink, cancellationToken).ConfigureAwait(false)];
            }
            catch (Exception e) when (e is NpgsqlException || (e is DeployException { Code: var code } && code == ErrorTable.RestoreFailed))
            {
                return [files, new DrillCheck("restore", false, e.Message)];
            }
            finally
            {
                stopClock();
            }
        }
    }

    private async Task<IReadOnlyList<DrillCheck>> RestoreAsync(
        DeploymentBackup backup, ThrowAwayCluster cluster, string activity, IProgressSink sink, CancellationToken cancellationToken)
    {
        var builder = new DatabaseBuilder(cluster.Administration, new DumpProgram(cluster.Installation, sink), _time);
        await builder.RestoreRolesAsync(backup, changesExisting: true, cancellationToken).ConfigureAwait(false);
        DatabaseAddress restored = await builder.BuildAsync(
            backup, "drill", BackupStore.ReadDefinition(backup), activity, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<DrillCheck> verified = await RestoreVerifier.VerifyAsync(
            restored,
            backup.Manifest,
            (done, total) => sink.Publish(new ActivityProgress(activity, "Verifying rows", 100.0 * done / total)),
            cancellationToken).ConfigureAwait(false);
        return [new DrillCheck("restore", true, $"pg_restore {cluster.Installation.Version} ended without errors"), .. verified];
    }

    /// <summary>A drill needs no environment; where it can be reached, its ledger is told, so that gates can ask for a drill.</summary>
    private async Task RecordEvidenceAsync(DeploymentBackup backup, BackupDrill drill, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (backup.Release is null && backup.Environment.Gates.DrillWithin is null)
        {
            return; // Evidence speaks for a release, but the gate asks for a drill of whatever release, the first of all too.
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_recordLimit);
        try
        {
            DatabaseAddress database = await targets.For(backup.Environment).GetDatabaseAsync(limit.Token).ConfigureAwait(false);
            var ledger = new Ledger(backup.Environment, database);
            if (backup.Release is { } id && !(await ledger.GetDeploymentsAsync(limit.Token).ConfigureAwait(false)).Any(deployment => deployment.Release?.Id == id))
            {
                sink.Publish(new Caution($"The drill is recorded beside the backup only: the ledger of '{backup.Environment}' knows no deployment of release '{Words.Short(id)}', of which the backup is."));
                return;
            }

            string content = EvidenceContent.Of(
                $"Backup {backup.Id}: {drill.Message} RPO {drill.Rpo:c}, RTO {drill.Rto:c}.",
                ("backup", backup.Id), ("rpoSeconds", Math.Round(drill.Rpo.TotalSeconds, 3)), ("rtoSeconds", Math.Round(drill.Rto.TotalSeconds, 3)),
                ("rows", drill.Rows), ("tables", drill.Tables));
            await ledger.RecordEvidenceAsync(new NewEvidence(Evidence.Drill, backup.Release ?? "", drill.Succeeded, content), _time.GetUtcNow(), limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DeployException or NpgsqlException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            sink.Publish(new Caution($"The drill is recorded beside the backup only: the ledger of '{backup.Environment}' cannot be written: {e.Message}"));
        }
    }
}
