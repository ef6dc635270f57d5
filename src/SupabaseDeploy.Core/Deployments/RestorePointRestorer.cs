using System.Globalization;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Has a platform bring an environment's database back to one of its restore points. The ledger goes on: it is kept in a file before, and given to the database
/// that comes back. Web root, functions and settings are not part of it; they go back with the release, by a deployment of its own.
/// </summary>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class RestorePointRestorer(IDeploymentTargets targets, TimeProvider? time = null)
{
    // Another process may be recording the same restore, or be at work already: the platform ended our lock.
    private static readonly TimeSpan s_recordWait = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan s_cleanupLimit = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly UnfinishedRestores _unfinished = new(targets, time);

    /// <summary>The restore point of that name, with its limits.</summary>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.RestoreNotPossible"/>: the place has none; <see cref="ErrorTable.NothingToRestore"/>: no usable one has that name.
    /// </exception>
    public async Task<RestorePoint> FindAsync(DeploymentEnvironment environment, string name, CancellationToken cancellationToken)
    {
        IPlaceRestorePoints place = PointsOf(environment);
        RestorePoint? found = await place.FindAsync(name, cancellationToken).ConfigureAwait(false);
        if (found is { Status: RestorePointStatus.Available })
        {
            return found;
        }

        IReadOnlyList<RestorePoint> points = await place.ListAsync(cancellationToken).ConfigureAwait(false);
        RestorePoint[] usable = [.. points.Where(point => point.Status == RestorePointStatus.Available)];
        throw new DeployException(
            ErrorTable.NothingToRestore,
            found is not null
                ? $"Restore point '{name}' of '{environment}' cannot be gone back to: it is {found.Status}."
                : $"Environment '{environment}' has no restore point '{name}'.",
            usable.Length == 0
                ? "Look at the project's backups in the platform's dashboard."
                : $"Give one of {string.Join(", ", usable.Select(point => $"'{point}'{(point.CreatedAt is { } at ? $" ({at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}Z)" : "")}"))}.",
            environment);
    }

    /// <summary>What going back would do. Changes nothing.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="point">The point, from <see cref="FindAsync"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<DeploymentPlan> PlanAsync(DeploymentEnvironment environment, RestorePoint point, CancellationToken cancellationToken)
    {
        DatabaseAddress database = await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        (IReadOnlyList<Deployment> past, _) = await new Ledger(environment, database).LookAsync(cancellationToken).ConfigureAwait(false);
        return Describe(environment, point, past, "", _time.GetUtcNow()).Plan;
    }

    /// <summary>Goes back. Until the platform begins, nothing is changed; from then on only the platform can stop it.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="point">The point, from <see cref="FindAsync"/>.</param>
    /// <param name="options">How long to wait for another deployment, and why it is done.</param>
    /// <param name="sink">Told what happens.</param>
    /// <param name="cancellationToken">Stops it before the platform begins.</param>
    /// <exception cref="DeployException">
    /// The lock is held, the platform refuses or fails, or the database does not come back or is the one from before.
    /// </exception>
    public async Task<Deployment> RestoreAsync(
        DeploymentEnvironment environment, RestorePoint point, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        IPlaceRestorePoints points = PointsOf(environment);
        var file = new KeptLedgerFile(environment);
        KeptLedger kept;
        DatabaseAddress before = await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        DeploymentLock held = await DeploymentLock.AcquireAsync(before, $"restore point {point} of {environment}", options.LockWait, sink, cancellationToken, _time).ConfigureAwait(false);
        // The platform ends its session: what holds others back from then on is that the database is not there.
        await using (held.ConfigureAwait(false))
        {
            await _unfinished.SettleUnderLockAsync(environment, sink, cancellationToken).ConfigureAwait(false);
            var ledger = new Ledger(environment, before);
            (IReadOnlyList<Deployment> past, DeployException? broken) = await ledger.LookAsync(cancellationToken).ConfigureAwait(false);
            Deployment begun = Describe(environment, point, past, held.Owner.Requester, _time.GetUtcNow());
            await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
            begun = await ledger.BeginAsync(begun, cancellationToken).ConfigureAwait(false);
            try
            {
                kept = await KeepAsync(ledger, broken, begun, point, options, file, sink, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                await GiveUpAsync(ledger, begun, file, e is OperationCanceledException ? "Stopped before the platform was asked." : e.Message, sink).ConfigureAwait(false);
                throw;
            }

            try
            {
                await points.RestoreAsync(point, sink, CancellationToken.None).ConfigureAwait(false);
            }
            catch (DeployException e) when (IsRefusal(e))
            {
                await ledger.FinishAsync(UnfinishedRestores.End(begun, DeploymentStatus.Failed, $"{e.Message} Nothing was changed.", _time), null, CancellationToken.None).ConfigureAwait(false);
                file.Delete();
                throw;
            }
            catch (DeployException e)
            {
                throw new DeployException(e.Code, e.Message, $"{e.Remedy} {UnfinishedRestores.Describe(environment)}".TrimStart(), e.Target, e);
            }
        }

        return await RecordAsync(environment, kept, point, options, sink).ConfigureAwait(false);
    }

    /// <summary>Ends a restore of which the platform knows nothing, within a short time of its own. Never throws for the ledger.</summary>
    private async Task GiveUpAsync(Ledger ledger, Deployment begun, KeptLedgerFile file, string why, IProgressSink sink)
    {
        using var limit = new CancellationTokenSource(s_cleanupLimit);
        try
        {
            await ledger.FinishAsync(UnfinishedRestores.End(begun, DeploymentStatus.Failed, $"{why} Nothing was changed.", _time), null, limit.Token).ConfigureAwait(false);
            file.Delete();
        }
        catch (Exception e) when (e is DeployException or Npgsql.NpgsqlException or OperationCanceledException or IOException)
        {
            // What the caller has to hear is why the restore failed.
            sink.Publish(new Caution($"The ledger of '{begun.Environment}' could not be told that {begun} did not happen: {e.Message}"));
        }
    }

    /// <summary>From here on the ledger outlives this process and its database.</summary>
    private async Task<KeptLedger> KeepAsync(
        Ledger ledger, DeployException? broken, Deployment begun, RestorePoint point, DeploymentOptions options, KeptLedgerFile file, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<TableRows>? rows = await MeasuredLoss.TryCountAsync(ledger.Database, sink, cancellationToken).ConfigureAwait(false);
        LedgerImage image = await ledger.CloseAsync(begun, $"The platform is asked to go back to restore point '{point}'.", _time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        LeftLedger? left = broken is null ? null : new LeftLedger(
            await LedgerSuccession.LeaveAsync(ledger, begun.Id.ToString(), broken, kept: null, cancellationToken).ConfigureAwait(false), begun.RequestedBy, begun.StartedAt, begun.Release?.Id);

        // Last, because whoever finds the file counts from then how long the platform may still begin.
        var kept = new KeptLedger(ledger.Environment.ProjectReference, point.Name, begun.Id, _time.GetUtcNow(), options.Reason, image.Tables)
        {
            PointAt = point.CreatedAt,
            Rows = rows,
            Left = left,
        };
        await file.WriteAsync(kept, cancellationToken).ConfigureAwait(false);
        return kept;
    }

    /// <summary>Whoever has the lock first after the platform is done records the restore; here the record is only read then.</summary>
    private async Task<Deployment> RecordAsync(DeploymentEnvironment environment, KeptLedger kept, RestorePoint point, DeploymentOptions options, IProgressSink sink)
    {
        DatabaseAddress now = await targets.For(environment).GetDatabaseAsync(CancellationToken.None).ConfigureAwait(false);
        TimeSpan wait = options.LockWait > s_recordWait ? options.LockWait : s_recordWait;
        DeploymentLock held = await DeploymentLock.AcquireAsync(now, $"restore point {point} of {environment}", wait, sink, CancellationToken.None, _time).ConfigureAwait(false);
        await using (held.ConfigureAwait(false))
        {
            var file = new KeptLedgerFile(environment);
            Deployment ended = await _unfinished.SettleAsync(environment, file, kept, sink, CancellationToken.None).ConfigureAwait(false);
            return ended.Status == DeploymentStatus.Succeeded ? ended : throw new DeployException(
                // A platform that says that the project is at work again may not have begun, or may have given up in silence.
                ErrorTable.CloudRestoreFailed,
                ended.Reason!,
                $"Look at the project's backups in the dashboard; then run the command again. {UnfinishedRestores.DescribeAside(file, kept)}",
                environment);
        }
    }

    // Any other failure leaves it open whether the platform has begun; the database may be gone by then.
    private static bool IsRefusal(DeployException e) =>
        e.Code == ErrorTable.RestorePointUnusable || e.Code == ErrorTable.ApiForbidden || e.Code == ErrorTable.ApiPlanLimit || e.Code == ErrorTable.ApiNotFound || e.Code == ErrorTable.ApiRequestRefused
        || e.Code == ErrorTable.ApiTokenRefused || e.Code == ErrorTable.ApiRateLimited;

    private static Deployment Describe(DeploymentEnvironment environment, RestorePoint point, IReadOnlyList<Deployment> past, string requester, DateTimeOffset startedAt) =>
        Describe(environment, point, ReleaseAt(point, past), Ledger.Current(past)?.Release, requester, startedAt);

    /// <summary>A restore as it begins.</summary>
    internal static Deployment Describe(DeploymentEnvironment environment, RestorePoint point, Release? release, Release? current, string requester, DateTimeOffset startedAt) =>
        new()
        {
            Id = Guid.CreateVersion7(startedAt),
            Environment = environment,
            Release = release,
            PreviousRelease = current,
            Kind = DeploymentKind.Restore,
            Status = DeploymentStatus.Running,
            RequestedBy = requester,
            StartedAt = startedAt,
            Plan = new DeploymentPlan
            {
                Environment = environment,
                Kind = DeploymentKind.Restore,
                Release = release,
                PreviousRelease = current,
                Steps = [new PlannedStep(UnfinishedRestores.StepName, true, $"The platform brings the database back to restore point '{point}'. {point.Limits}".TrimEnd())],
                Rollback = new RollbackPlan(RollbackStrategy.None, "There is no way back from a restore but a later restore point or backup.", "Everything written since the restore point."),
                DataLoss = [$"Everything written since {(point.CreatedAt is { } at ? $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z" : "it was made")}."],
            },
            Steps = [],
        };

    /// <summary>The release that ran when the point was made: before the deployment that made it, else at its time.</summary>
    private static Release? ReleaseAt(RestorePoint point, IReadOnlyList<Deployment> past) =>
        past.FirstOrDefault(deployment => RestorePointStep.Of(deployment) == point.Name) is { } maker
            ? maker.PreviousRelease
            : past.LastOrDefault(deployment => deployment is { Status: DeploymentStatus.Succeeded, Release: not null } && deployment.FinishedAt <= point.CreatedAt)?.Release;

    private IPlaceRestorePoints PointsOf(DeploymentEnvironment environment) => targets.For(environment).RestorePoints ?? throw new DeployException(
        ErrorTable.RestoreNotPossible,
        $"Environment '{environment}' has no restore points: its platform makes none, or its plan has none.",
        $"Restore a backup instead: Get-DeploymentBackup {environment} -Latest | Restore-Deployment",
        environment);
}
