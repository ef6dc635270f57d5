using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Has a platform bring an environment's database back to one of its restore points. The ledger goes on: it is kept before, and given to the database
/// that comes back. Web root, functions and settings are not part of it; they go back with the release, by a deployment of its own.
/// </summary>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class RestorePointRestorer(IDeploymentTargets targets, TimeProvider? time = null)
{
    private const string StepName = "restore";

    private readonly TimeProvider _time = time ?? TimeProvider.System;

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
        IDeploymentTarget target = targets.For(environment);
        IPlaceRestorePoints points = PointsOf(environment);
        DateTimeOffset startedAt = _time.GetUtcNow();
        DatabaseAddress before = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        Deployment begun;
        LedgerImage? kept;
        DeploymentLock held = await DeploymentLock.AcquireAsync(before, $"restore point {point} of {environment}", options.LockWait, sink, cancellationToken, _time).ConfigureAwait(false);
        // The platform ends its session: what holds others back from then on is that the database is not there.
        await using (held.ConfigureAwait(false))
        {
            IReadOnlyList<Deployment> past = await new Ledger(environment, before).GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            kept = past.Count > 0 ? await Ledger.KeepAsync(before, cancellationToken).ConfigureAwait(false) : null;
            begun = Describe(environment, point, past, held.Owner.Requester, startedAt);
            await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
            // It is not in what is kept: where it is still there afterwards, the database is the one from before.
            var ledger = new Ledger(environment, before);
            begun = await ledger.BeginAsync(begun, cancellationToken).ConfigureAwait(false);
            try
            {
                await points.RestoreAsync(point, sink, CancellationToken.None).ConfigureAwait(false);
            }
            catch (DeployException e) when (IsRefusal(e))
            {
                await ledger.FinishAsync(End(begun, DeploymentStatus.Failed, $"{e.Message} Nothing was changed."), null, CancellationToken.None).ConfigureAwait(false);
                throw;
            }
        }

        return await RecordAsync(target, kept, begun, point, options, sink).ConfigureAwait(false);
    }

    /// <summary>Gives the database that came back its ledger, with this restore in it, and reads what it is now.</summary>
    private async Task<Deployment> RecordAsync(
        IDeploymentTarget target, LedgerImage? kept, Deployment begun, RestorePoint point, DeploymentOptions options, IProgressSink sink)
    {
        DatabaseAddress now = await target.GetDatabaseAsync(CancellationToken.None).ConfigureAwait(false);
        DeploymentLock held = await DeploymentLock.AcquireAsync(now, $"restore point {point} of {target.Environment}", options.LockWait, sink, CancellationToken.None, _time).ConfigureAwait(false);
        await using (held.ConfigureAwait(false))
        {
            var ledger = new Ledger(target.Environment, now);
            await EnsureRestoredAsync(ledger, begun, point).ConfigureAwait(false);
            if (kept is not null)
            {
                await Ledger.BringBackAsync(kept, now, CancellationToken.None).ConfigureAwait(false);
            }

            string said = await SayAsync(now, begun.Release, point).ConfigureAwait(false);
            Deployment recorded = await ledger.BeginAsync(begun, CancellationToken.None).ConfigureAwait(false);
            Deployment ended = End(recorded, DeploymentStatus.Succeeded, said) with { Changed = true, Reason = options.Reason ?? said };
            await ledger.FinishAsync(ended, null, CancellationToken.None).ConfigureAwait(false);
            return ended;
        }
    }

    /// <summary>A platform that says that the project is at work again may not have begun, or may have given up in silence.</summary>
    private async Task EnsureRestoredAsync(Ledger ledger, Deployment begun, RestorePoint point)
    {
        IReadOnlyList<Deployment> there = await ledger.GetDeploymentsAsync(CancellationToken.None).ConfigureAwait(false);
        if (there.All(deployment => deployment.Id != begun.Id))
        {
            return;
        }

        var failure = new DeployException(
            ErrorTable.CloudRestoreFailed,
            $"The database of '{begun.Environment}' was not brought back to restore point '{point}': it is still the one from before.",
            "Look at the project's backups in the dashboard; then run the command again.",
            begun.Environment);
        await ledger.FinishAsync(End(begun, DeploymentStatus.Failed, failure.Message), null, CancellationToken.None).ConfigureAwait(false);
        throw failure;
    }

    private Deployment End(Deployment deployment, DeploymentStatus status, string said)
    {
        DateTimeOffset end = _time.GetUtcNow();
        StepStatus step = status == DeploymentStatus.Succeeded ? StepStatus.Succeeded : StepStatus.Failed;
        return deployment with
        {
            Status = status,
            Reason = said,
            Steps = [new DeploymentStep(StepName, step, deployment.StartedAt, end - deployment.StartedAt, said)],
            FinishedAt = end,
        };
    }

    // Any other failure leaves it open whether the platform has begun; the database may be gone by then.
    private static bool IsRefusal(DeployException e) =>
        e.Code == ErrorTable.RestorePointUnusable || e.Code == ErrorTable.ApiForbidden || e.Code == ErrorTable.ApiPlanLimit || e.Code == ErrorTable.ApiNotFound || e.Code == ErrorTable.ApiRequestRefused;

    private static async Task<string> SayAsync(DatabaseAddress database, Release? release, RestorePoint point)
    {
        Npgsql.NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None, "supabase-deploy restore").ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            string[] history = [.. (await MigrationHistory.ReadAsync(connection, CancellationToken.None).ConfigureAwait(false)).Select(applied => applied.Version)];
            string[] missing = [.. release?.Migrations.Select(migration => migration.Version).Except(history) ?? []];
            string compared = release is null ? "" : missing.Length == 0 ? $", all of release {release}" : $"; of release {release} {Words.Migrations(missing)} is not there";
            return $"Back at restore point {point}: {history.Length} migrations are in the history{compared}.";
        }
    }

    private static Deployment Describe(DeploymentEnvironment environment, RestorePoint point, IReadOnlyList<Deployment> past, string requester, DateTimeOffset startedAt)
    {
        Release? release = ReleaseAt(point, past);
        Release? current = Ledger.Current(past)?.Release;
        return new Deployment
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
                Steps = [new PlannedStep(StepName, true, $"The platform brings the database back to restore point '{point}'. {point.Limits}".TrimEnd())],
                Rollback = new RollbackPlan(RollbackStrategy.None, "There is no way back from a restore but a later restore point or backup.", "Everything written since the restore point."),
            },
            Steps = [],
        };
    }

    /// <summary>The release that ran when the point was made: before the deployment that made it, else at its time.</summary>
    private static Release? ReleaseAt(RestorePoint point, IReadOnlyList<Deployment> past) =>
        past.FirstOrDefault(deployment => DeploymentSteps.RestorePointOf(deployment) == point.Name) is { } maker
            ? maker.PreviousRelease
            : past.LastOrDefault(deployment => deployment is { Status: DeploymentStatus.Succeeded, Release: not null } && deployment.FinishedAt <= point.CreatedAt)?.Release;

    private IPlaceRestorePoints PointsOf(DeploymentEnvironment environment) => targets.For(environment).RestorePoints ?? throw new DeployException(
        ErrorTable.RestoreNotPossible,
        $"Environment '{environment}' has no restore points: its platform makes none, or its plan has none.",
        $"Restore a backup instead: Get-DeploymentBackup {environment} -Latest | Restore-Deployment",
        environment);
}
