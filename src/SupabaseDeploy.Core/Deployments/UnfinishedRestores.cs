using SupabaseDeploy.Backups;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Ends restores by a platform, also those whose process is gone: the database that came back is given the ledger that was kept in a file, and the
/// restore is recorded in it. May be done again at any point of it, and by whoever holds the lock first.
/// </summary>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class UnfinishedRestores(IDeploymentTargets targets, TimeProvider? time = null)
{
    internal const string StepName = "restore";

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>That a ledger waits in a file here, and where; null when none does. Changes nothing.</summary>
    public static string? Describe(DeploymentEnvironment environment) => new KeptLedgerFile(environment) is { IsThere: true } file
        ? $"A restore of '{environment}' by its platform was not recorded. The ledger from before it is in '{file.Path}'; the next publish or restore from here brings it back."
        : StackFolder.Of(environment).KeptLedgerFile is { } kept && File.Exists(kept)
        ? $"A reset of '{environment}' was killed. The ledger from before it is in '{kept}'; the next start, publish or restore brings it back, and until then it is not seen here."
        : null;

    /// <summary>Ends a restore that another process began here.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="wait">How long to wait for the lock.</param>
    /// <param name="sink">Told what was done.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The restore as it was recorded; null when there was none to end.</returns>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.RestoreUnderWay"/>, <see cref="ErrorTable.KeptLedgerUnreadable"/>, <see cref="ErrorTable.KeptLedgerOfAnother"/>,
    /// <see cref="ErrorTable.LedgerWentOn"/>, the lock is held, or the environment cannot be reached.
    /// </exception>
    public async Task<Deployment?> SettleAsync(DeploymentEnvironment environment, TimeSpan wait, IProgressSink sink, CancellationToken cancellationToken)
    {
        await targets.For(environment).SettleAsync(sink, cancellationToken).ConfigureAwait(false);
        if (!new KeptLedgerFile(environment).IsThere && await Elsewhere(environment).FindAsync(cancellationToken).ConfigureAwait(false) is null)
        {
            return null;
        }

        DatabaseAddress database = await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        DeploymentLock held = await DeploymentLock.AcquireAsync(database, $"end the restore of {environment}", wait, sink, cancellationToken, _time).ConfigureAwait(false);
        await using (held.ConfigureAwait(false))
        {
            return await SettleUnderLockAsync(environment, sink, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same for whoever holds the lock already.</summary>
    internal async Task<Deployment?> SettleUnderLockAsync(DeploymentEnvironment environment, IProgressSink sink, CancellationToken cancellationToken)
    {
        var file = new KeptLedgerFile(environment);
        if (await file.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } kept)
        {
            return await Elsewhere(environment).SettleAsync(sink, cancellationToken).ConfigureAwait(false);
        }

        EnsureSameProject(environment, file, kept);
        if (await IsStillTheOldAsync(environment, kept, cancellationToken).ConfigureAwait(false))
        {
            Asked(environment, kept).EnsureBeginsNoMore();
        }

        Deployment settled = await SettleAsync(environment, file, kept, sink, cancellationToken).ConfigureAwait(false);
        sink.Publish(settled.Status == DeploymentStatus.Succeeded
            ? new Notice($"The ledger of '{environment}' goes on from before its restore: it was kept in '{file.Path}'.")
            : new Caution($"{settled} did not happen. {settled.Reason} {DescribeAside(file, kept)}"));
        return settled;
    }

    /// <summary>Gives the database that came back its ledger, with the restore in it; where it is the one from before, says so in it.</summary>
    internal async Task<Deployment> SettleAsync(DeploymentEnvironment environment, KeptLedgerFile file, KeptLedger kept, IProgressSink sink, CancellationToken cancellationToken)
    {
        DatabaseAddress database = await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        var ledger = new Ledger(environment, database);
        Deployment ended = kept.Left is { } left
            ? await EndInAnotherAsync(ledger, left, kept, sink, cancellationToken).ConfigureAwait(false)
            : await EndInKeptAsync(ledger, file, kept, sink, cancellationToken).ConfigureAwait(false);
        if ((await file.ReadAsync(cancellationToken).ConfigureAwait(false))?.Deployment != kept.Deployment)
        {
            return ended; // Somebody faster was here; what may be there now is of a later restore.
        }

        if (ended.Status == DeploymentStatus.Succeeded)
        {
            file.Delete();
        }
        else
        {
            file.PutAside(kept); // That the platform does not begin any more is only likely, and there is no other copy.
        }

        return ended;
    }

    private async Task<Deployment> EndInKeptAsync(Ledger ledger, KeptLedgerFile file, KeptLedger kept, IProgressSink sink, CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = ledger.Environment;
        IReadOnlyList<Deployment> there = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        if (Find(there, kept) is null)
        {
            await BringBackAsync(environment, file, kept, ledger.Database, cancellationToken).ConfigureAwait(false);
            there = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        }

        Deployment ended = Find(there, kept)!;
        if (ended.Status == DeploymentStatus.Running)
        {
            // The event was written after the ledger was kept, so only the database from before has it.
            bool isTheOld = ended.Events.Any(each => each.Kind == LedgerEvent.RestoreAsked);
            if (isTheOld)
            {
                await Asked(environment, kept).EnsureAtRestAsync(cancellationToken).ConfigureAwait(false);
            }

            ended = isTheOld
                ? EndUnrestored(ended, kept)
                : await SucceedAsync(ledger, ended, kept, sink, cancellationToken).ConfigureAwait(false);
            await ledger.FinishAsync(ended, null, cancellationToken).ConfigureAwait(false);
        }

        return ended;
    }

    /// <summary>The kept ledger cannot be believed: the restore becomes a part of the one that came back, or of a new one.</summary>
    private async Task<Deployment> EndInAnotherAsync(Ledger ledger, LeftLedger left, KeptLedger kept, IProgressSink sink, CancellationToken cancellationToken)
    {
        DeploymentStatus? old = await ledger.FindClosingAsync(kept.Deployment, cancellationToken).ConfigureAwait(false);
        if (old is not null)
        {
            Deployment unrestored = EndUnrestored(Begin(ledger.Environment, left, kept, []), kept);
            if (old == DeploymentStatus.Running)
            {
                await Asked(ledger.Environment, kept).EnsureAtRestAsync(cancellationToken).ConfigureAwait(false);
                await ledger.FinishAsync(unrestored, null, cancellationToken).ConfigureAwait(false);
            }

            return unrestored;
        }

        string? goesOn = await new LedgerSuccession(ledger, kept.Deployment.ToString(), "restore point", kept.Point).SettleAsync(isAlone: true, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Deployment> there = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        Deployment begun = Find(there, kept) ?? await ledger.BeginAsync(Begin(ledger.Environment, left, kept, there), cancellationToken).ConfigureAwait(false);
        if (begun.Status != DeploymentStatus.Running)
        {
            return begun;
        }

        if (begun.Events.Count == 0)
        {
            string[] told = [left.Told, goesOn!];
            DateTimeOffset now = Ledger.ToMicrosecond(_time.GetUtcNow());
            Array.ForEach(told, message => sink.Publish(new Caution(message)));
            IReadOnlyList<LedgerEvent> events = await ledger.RecordEventsAsync(
                begun.Id, [.. told.Select(message => new LedgerEvent(0, LedgerEvent.Caution, message, begun.RequestedBy, now))], cancellationToken).ConfigureAwait(false);
            begun = begun with { Events = events };
        }

        Deployment ended = await SucceedAsync(ledger, begun, kept, sink, cancellationToken).ConfigureAwait(false);
        await ledger.FinishAsync(ended, null, cancellationToken).ConfigureAwait(false);
        return ended;
    }

    private static Deployment Begin(DeploymentEnvironment environment, LeftLedger left, KeptLedger kept, IReadOnlyList<Deployment> there)
    {
        Release? release = left.Release is null
            ? null
            : there.Select(deployment => deployment.Release).FirstOrDefault(known => known?.Id == left.Release) ?? new ReleaseStore(environment.Project).FindExactly(left.Release);
        return RestorePointRestorer.Describe(environment, new RestorePoint(kept.Point, RestorePointStatus.Available, kept.PointAt), release, Ledger.Current(there)?.Release, left.RequestedBy, left.StartedAt)
            with { Id = kept.Deployment };
    }

    private Deployment EndUnrestored(Deployment begun, KeptLedger kept) => End(
        begun, DeploymentStatus.Failed, $"The database of '{begun.Environment}' was not brought back to restore point '{kept.Point}': it is still the one from before.", _time);

    /// <summary>What to do should the platform begin after all.</summary>
    internal static string DescribeAside(KeptLedgerFile file, KeptLedger kept) =>
        $"Should the platform bring the database back all the same, move '{file.AsidePath(kept)}' to '{file.Path}': the next publish or restore from here gives it its ledger.";

    private RestoreElsewhere Elsewhere(DeploymentEnvironment environment) => new(targets, environment, _time);

    private AskedRestore Asked(DeploymentEnvironment environment, KeptLedger kept) => new(targets, environment, kept.AskedAt, _time);

    /// <summary>What is there now is read, and what is lost is counted.</summary>
    private async Task<Deployment> SucceedAsync(Ledger ledger, Deployment begun, KeptLedger kept, IProgressSink sink, CancellationToken cancellationToken)
    {
        string said = await SayAsync(ledger.Database, begun.Release, kept.Point, cancellationToken).ConfigureAwait(false);
        if (begun.Events.All(each => each.Kind != LedgerEvent.Loss))
        {
            IReadOnlyList<TableRows>? rows = kept.Rows is null ? null : await MeasuredLoss.TryCountAsync(ledger.Database, sink, cancellationToken).ConfigureAwait(false);
            string message = MeasuredLoss.Between(kept.Rows, rows, kept.PointAt, kept.AskedAt).ToString();
            sink.Publish(new Notice(message));
            begun = await ledger.NoteAsync(begun, LedgerEvent.Loss, message, begun.RequestedBy, _time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        }

        return End(begun, DeploymentStatus.Succeeded, said, _time) with { Reason = kept.Reason ?? said };
    }

    /// <summary>How a restore by a platform ended.</summary>
    internal static Deployment End(Deployment begun, DeploymentStatus status, string said, TimeProvider time)
    {
        DateTimeOffset end = Ledger.ToMicrosecond(time.GetUtcNow());
        bool isThere = status == DeploymentStatus.Succeeded;
        return begun with
        {
            Status = status,
            Changed = isThere,
            Reason = said,
            Steps = [new DeploymentStep(StepName, isThere ? StepStatus.Succeeded : StepStatus.Failed, begun.StartedAt, end - begun.StartedAt, said)],
            FinishedAt = end,
        };
    }

    private async Task<bool> IsStillTheOldAsync(DeploymentEnvironment environment, KeptLedger kept, CancellationToken cancellationToken)
    {
        var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
        return await ledger.FindClosingAsync(kept.Deployment, cancellationToken).ConfigureAwait(false) == DeploymentStatus.Running;
    }

    private static Deployment? Find(IReadOnlyList<Deployment> deployments, KeptLedger kept) => deployments.FirstOrDefault(deployment => deployment.Id == kept.Deployment);

    /// <summary>Other machines know nothing of the file: what they recorded since, deployments, approvals or anything else, is not replaced.</summary>
    private static async Task BringBackAsync(
        DeploymentEnvironment environment, KeptLedgerFile file, KeptLedger kept, DatabaseAddress database, CancellationToken cancellationToken)
    {
        try
        {
            await Ledger.BringBackAsync(kept.Image, database, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code == ErrorTable.LedgerWentOn)
        {
            throw new DeployException(
                ErrorTable.LedgerWentOn,
                $"The ledger of '{environment}' from before its restore is in '{file.Path}', and cannot be brought back, because somebody went on without it. {e.Message}",
                "Move the file away to go on with the ledger of the restored database; what was done before the restore can be read in it.",
                environment,
                e);
        }
    }

    /// <summary>A stage's project may be another one by now, and its ledger would be replaced by one that is not its own.</summary>
    private static void EnsureSameProject(DeploymentEnvironment environment, KeptLedgerFile file, KeptLedger kept)
    {
        if (kept.Project != environment.ProjectReference)
        {
            throw new DeployException(
                ErrorTable.KeptLedgerOfAnother,
                $"The ledger in '{file.Path}' is of project '{kept.Project}', whose restore was not recorded; '{environment}' is project '{environment.ProjectReference}' now.",
                $"Set 'project' of the stage back to '{kept.Project}' and run the command again, which records that restore; or move the file away, if its project is given up.",
                environment);
        }
    }

    private static async Task<string> SayAsync(DatabaseAddress database, Release? release, string point, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> history = await EnvironmentObserver.ReadHistoryAsync(database, cancellationToken).ConfigureAwait(false);
        string[] missing = [.. release?.Migrations.Select(migration => migration.Version).Except(history) ?? []];
        string compared = release is null ? "" : missing.Length == 0 ? $", all of release {release}" : $"; of release {release} {Words.Migrations(missing)} is not there";
        return $"Back at restore point {point}: {history.Count} migrations are in the history{compared}.";
    }
}
