using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Backups;

/// <summary>One restore, from the plan to the record. The lock is held by the workplace.</summary>
internal sealed class Restoration(
    RestoreWorkplace workplace,
    IDeploymentTarget target,
    HealthChecker health,
    DeploymentBackup backup,
    DeploymentOptions options,
    DumpProgram program,
    IProgressSink sink,
    TimeProvider time)
{
    private static readonly TimeSpan s_cleanupLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_finishLimit = TimeSpan.FromMinutes(2);

    private readonly DeploymentEnvironment _environment = backup.Environment;
    private readonly Ledger _ledger = new(backup.Environment, workplace.Application);
    private DateTimeOffset? _switchedAt;
    private Exception? _whyNotCarriedOver;

    /// <summary>Restores; a failure before the switch leaves nothing behind and is thrown, one after it is in the result.</summary>
    public async Task<Deployment> RunAsync(string activity, CancellationToken cancellationToken)
    {
        bool hasLive = await workplace.HasLiveAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Deployment>? past = hasLive ? await ReadLedgerAsync(cancellationToken).ConfigureAwait(false) : null;
        RestoreEntry entry = RestoreNames.For(backup, workplace.Application.Database, time.GetUtcNow());
        Deployment deployment = Begin(entry, past ?? []);
        var run = new RestoreRun(deployment, activity, sink, time);
        if (hasLive && _whyNotCarriedOver is null)
        {
            await run.RecordInAsync(_ledger, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await workplace.Journal.BeginAsync(entry, cancellationToken).ConfigureAwait(false);
            await run.StepAsync("build", token => BuildAsync(entry, hasLive, activity, token), cancellationToken).ConfigureAwait(false);
            await run.StepAsync("verify", token => VerifyAsync(entry, activity, token), cancellationToken).ConfigureAwait(false);
            await run.StepAsync("switch", token => SwitchAsync(entry, hasLive, run, token), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (!await AbandonAsync(entry, run, e).ConfigureAwait(false))
            {
                throw;
            }
        }

        return await FinishAsync(entry, deployment.Release, hasLive, run).ConfigureAwait(false);
    }

    private async Task<string> BuildAsync(RestoreEntry entry, bool hasLive, string activity, CancellationToken cancellationToken)
    {
        var builder = new DatabaseBuilder(workplace.Maintenance, program, time);
        await builder.RestoreRolesAsync(backup, changesExisting: false, cancellationToken).ConfigureAwait(false);
        DatabaseDefinition definition = hasLive
            ? await workplace.ReadLiveDefinitionAsync(cancellationToken).ConfigureAwait(false)
            : BackupStore.ReadDefinition(backup);
        await builder.BuildAsync(backup, entry.Restored, definition, activity, cancellationToken).ConfigureAwait(false);
        return $"Backup {backup.Id} is in database '{entry.Restored}'.";
    }

    private async Task<string> VerifyAsync(RestoreEntry entry, string activity, CancellationToken cancellationToken)
    {
        IReadOnlyList<DrillCheck> checks = await RestoreVerifier.VerifyAsync(
            workplace.Maintenance with { Database = entry.Restored },
            backup.Manifest,
            (done, total) => sink.Publish(new ActivityProgress(activity, "Verifying rows", 100.0 * done / total)),
            cancellationToken).ConfigureAwait(false);
        string[] failed = [.. checks.Where(check => !check.Passed).Select(check => $"{check.Name}: {check.Message}")];
        return failed.Length == 0
            ? string.Join("; ", checks.Select(check => $"{check.Name}: {check.Message}"))
            : throw new DeployException(
                ErrorTable.RestoreFailed,
                $"Backup '{backup.Id}' was restored, but is not what it was: {string.Join("; ", failed)}.",
                "Use another backup; the live database was not touched.",
                backup);
    }

    private async Task<string> SwitchAsync(RestoreEntry entry, bool hasLive, RestoreRun run, CancellationToken cancellationToken)
    {
        await workplace.EnsureLockHeldAsync(cancellationToken).ConfigureAwait(false);
        DatabaseAddress restored = workplace.Maintenance with { Database = entry.Restored };
        if (run.IsRecorded)
        {
            IAsyncDisposable closed = await Ledger.CarryOverAsync(workplace.Live, restored, cancellationToken).ConfigureAwait(false);
            await using (closed.ConfigureAwait(false))
            {
                sink.Publish(new Detail($"The ledger goes on in '{entry.Restored}'."));
                await ExchangeAsync(entry, hasLive, cancellationToken).ConfigureAwait(false);
            }
        }
        else
        {
            await PrepareLedgerAsync(new Ledger(_environment, restored), entry, run, cancellationToken).ConfigureAwait(false);
            await ExchangeAsync(entry, hasLive, cancellationToken).ConfigureAwait(false);
        }

        sink.Publish(new Detail($"'{entry.Restored}' is now '{entry.Live}'."));
        await GoOnInLiveAsync(run).ConfigureAwait(false);
        return hasLive
            ? $"'{entry.Live}' is the restored database; the replaced one is kept as '{entry.Previous}' until the next restore, or until 'drop database \"{entry.Previous}\"'."
            : $"'{entry.Live}' is the restored database.";
    }

    /// <summary>Exchanges the names. A commit whose answer was lost is found in the journal.</summary>
    private async Task ExchangeAsync(RestoreEntry entry, bool hasLive, CancellationToken cancellationToken)
    {
        try
        {
            await new DatabaseSwitch(workplace.Maintenance, sink, time).RunAsync(entry, hasLive, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            using var limit = new CancellationTokenSource(s_cleanupLimit);
            if (!await workplace.IsSwitchedAsync(entry, limit.Token).ConfigureAwait(false))
            {
                throw;
            }
        }

        _switchedAt = time.GetUtcNow();
    }

    /// <summary>Makes the restore a part of the restored database's own ledger before the switch, so that it says so exactly if it happened.</summary>
    private async Task PrepareLedgerAsync(Ledger restored, RestoreEntry entry, RestoreRun run, CancellationToken cancellationToken)
    {
        string? left = _whyNotCarriedOver switch
        {
            DeployException { Code: var code } broken when code == ErrorTable.LedgerBroken =>
                await LedgerSuccession.LeaveAsync(_ledger, entry.Id, broken, entry.Previous, cancellationToken).ConfigureAwait(false),
            { } lost => $"The ledger of the replaced database could not be read and does not go on: {lost.Message} It is in database '{entry.Previous}'.",
            null => null,
        };
        string? goesOn = await new LedgerSuccession(restored, entry.Id, "backup", entry.Backup).SettleAsync(left is not null, cancellationToken).ConfigureAwait(false);
        await run.PrepareInAsync(restored, [.. ((string?[])[left, goesOn]).OfType<string>()], cancellationToken).ConfigureAwait(false);
    }

    private async Task GoOnInLiveAsync(RestoreRun run)
    {
        using var limit = new CancellationTokenSource(s_cleanupLimit);
        await run.GoOnInAsync(_ledger, limit.Token).ConfigureAwait(false);
    }

    /// <summary>True when the switch was made after all, and the restore goes on.</summary>
    private async Task<bool> AbandonAsync(RestoreEntry entry, RestoreRun run, Exception cause)
    {
        using var limit = new CancellationTokenSource(s_cleanupLimit);
        try
        {
            if (await workplace.IsSwitchedAsync(entry, limit.Token).ConfigureAwait(false))
            {
                await GoOnInLiveAsync(run).ConfigureAwait(false);
                return true;
            }

            await workplace.Remains.AbandonAsync(entry, limit.Token).ConfigureAwait(false);
            bool stopped = cause is OperationCanceledException;
            await run.FinishAsync(stopped ? DeploymentStatus.Interrupted : DeploymentStatus.Failed, changed: false, stopped ? "It was stopped before the switch." : cause.Message).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or DeployException or OperationCanceledException or InvalidOperationException)
        {
            // InvalidOperationException: the connection broke before. What led here is what has to be reported.
            sink.Publish(new Caution($"Database '{entry.Restored}' cannot be put away: {e.Message} The next restore does it."));
        }

        return false;
    }

    /// <summary>Once switched there is no way but forward; a person who stops it now does not get half of it.</summary>
    private async Task<Deployment> FinishAsync(RestoreEntry entry, Release? release, bool hasLive, RestoreRun run)
    {
        using var limit = new CancellationTokenSource(s_finishLimit + options.HealthLimit);
        Exception? problem = null;
        var restored = new RestoredEnvironment(workplace.Maintenance, target, health, backup, options, sink);
        try
        {
            await run.StepAsync("web", token => restored.PutWebBackAsync(release, token), limit.Token).ConfigureAwait(false);
            await run.StepAsync("health", token => restored.MeasureHealthAsync(release, token), limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DeployException or NpgsqlException or IOException or OperationCanceledException)
        {
            problem = e;
        }

        if (hasLive)
        {
            await restored.MeasureLossAsync(entry, _switchedAt ?? time.GetUtcNow(), run).ConfigureAwait(false);
        }

        string done = $"Backup {backup.Id} was restored{(hasLive ? $"; the replaced database is kept as '{entry.Previous}'" : "")}";
        string reason = options.Reason is null ? done : $"{options.Reason}: {done}";
        Deployment ended = problem is null
            ? await run.FinishAsync(DeploymentStatus.Succeeded, changed: true, reason + ".").ConfigureAwait(false)
            : await run.FinishAsync(DeploymentStatus.Failed, changed: true, $"{reason}, but: {problem.Message}").ConfigureAwait(false) with { Failure = problem };
        if (run.IsEndRecorded)
        {
            await CompleteAsync(entry).ConfigureAwait(false);
        }

        return ended;
    }

    private async Task CompleteAsync(RestoreEntry entry)
    {
        using var limit = new CancellationTokenSource(s_cleanupLimit);
        try
        {
            await workplace.CompleteAsync(entry, sink, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or InvalidOperationException)
        {
            // The restored database is live: the deployment has to be recorded as what it is all the same.
            sink.Publish(new Caution($"The journal could not be told that the restore is done: {e.Message} The next restore sees to it."));
        }
    }

    /// <summary>What the live ledger says. One that cannot be read just now is not given up: what was recorded since the backup would be gone.</summary>
    private async Task<IReadOnlyList<Deployment>?> ReadLedgerAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReadLedgerOnceAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsUnreachable(e))
        {
            sink.Publish(new Detail($"The ledger is read once more: {e.Message}"));
        }

        try
        {
            return await ReadLedgerOnceAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsUnreachable(e))
        {
            throw new DeployException(
                ErrorTable.RestoreFailed,
                $"The ledger of '{_environment}' cannot be read, so it could not go on in the restored database: {e.Message}",
                $"Restore again once it can be read; the live database was not touched. Where it never will be, put that database away, and the backup's own ledger goes on: alter database \"{workplace.Application.Database}\" rename to \"{workplace.Application.Database}_unreadable\"",
                _environment,
                e);
        }
    }

    /// <summary>Null when there is no telling what it says. What cannot be believed, or lost its tables, is not carried over.</summary>
    private async Task<IReadOnlyList<Deployment>?> ReadLedgerOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<Deployment> past = await _ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            _whyNotCarriedOver = await _ledger.FindBreakAsync(cancellationToken).ConfigureAwait(false);
            return past;
        }
        catch (Exception e) when (IsDamage(e))
        {
            _whyNotCarriedOver = e;
            return null;
        }
    }

    private static bool IsUnreachable(Exception e) => e is NpgsqlException || (e is DeployException { Code: var code } && code == ErrorTable.DatabaseUnreachable);

    private static bool IsDamage(Exception e) =>
        (e is DeployException { Code: var code } && code == ErrorTable.LedgerBroken)
        || e is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn };

    private Deployment Begin(RestoreEntry entry, IReadOnlyList<Deployment> past)
    {
        Release? release = backup.Release is null
            ? null
            : past.Select(deployment => deployment.Release).FirstOrDefault(known => known?.Id == backup.Release)
                ?? new ReleaseStore(_environment.Project).FindExactly(backup.Release);
        DateTimeOffset now = time.GetUtcNow();
        Release? previous = Ledger.Current(past)?.Release;
        return new Deployment
        {
            Id = entry.Deployment,
            Environment = _environment,
            Release = release,
            PreviousRelease = previous,
            Kind = DeploymentKind.Restore,
            Status = DeploymentStatus.Running,
            RequestedBy = LockOwner.OfThisProcess("restore", now).Requester,
            StartedAt = now,
            Plan = RestoreNames.Plan(backup, entry, release, previous),
            Steps = [],
        };
    }
}
