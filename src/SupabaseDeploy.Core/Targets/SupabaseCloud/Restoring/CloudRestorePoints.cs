using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>
/// What the platform can bring a project's database back to: a named restore point, a moment (with point-in-time recovery), or one of its
/// daily physical backups. All three bring back the whole database and nothing else.
/// </summary>
internal sealed class CloudRestorePoints(DeploymentEnvironment environment, ManagementApi api, Func<CancellationToken, Task> reconnect, TimeProvider time) : IPlaceRestorePoints
{
    private const string MomentPrefix = "pitr-";
    private const string BackupPrefix = "backup-";

    private const string Limits =
        "Brings back the whole database, with everything that anybody wrote since; the project does not answer meanwhile. Functions, secrets, settings and stored files stay as they are. A later point may take its place.";

    private static readonly TimeSpan s_createLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_restoreLimit = TimeSpan.FromHours(2);
    private static readonly TimeSpan s_beginLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(5);

    // A service that does not answer for a moment says nothing about a restore.
    private static readonly string[] s_beforeRestore = [CloudProject.Active, "ACTIVE_UNHEALTHY", "UNKNOWN"];

    /// <summary>Whether a project's plan has physical backups, of which restore points are made. False too where the token may not ask.</summary>
    public static async Task<bool> AreThereAsync(ManagementApi api, CancellationToken cancellationToken)
    {
        try
        {
            CloudBackups backups = await api.ListBackupsAsync(cancellationToken).ConfigureAwait(false);
            return backups.PitrEnabled || backups.WalgEnabled;
        }
        catch (DeployException e) when (IsNotForUs(e))
        {
            return false;
        }
    }

    public async Task<IReadOnlyList<RestorePoint>> ListAsync(CancellationToken cancellationToken)
    {
        CloudBackups backups = await api.ListBackupsAsync(cancellationToken).ConfigureAwait(false);
        var points = backups.Backups
            .Where(backup => backup.IsPhysicalBackup)
            .Select(backup => new RestorePoint($"{BackupPrefix}{backup.Id.ToString(CultureInfo.InvariantCulture)}", StatusOf(backup), Moment(backup.InsertedAt)) { Limits = Limits })
            .ToList();
        if (await AskAsync(null, cancellationToken).ConfigureAwait(false) is { } latest)
        {
            points.Add(latest);
        }

        if (backups.PitrEnabled && backups.PhysicalBackupData.LatestPhysicalBackupDateUnix is { } moment)
        {
            points.Add(AtMoment(DateTimeOffset.FromUnixTimeSeconds(moment)));
        }

        return [.. points.OrderBy(point => point.CreatedAt ?? DateTimeOffset.MaxValue)];
    }

    public async Task<RestorePoint?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (Number(name, MomentPrefix) is { } seconds)
        {
            return await FindAtAsync(DateTimeOffset.FromUnixTimeSeconds(seconds), cancellationToken).ConfigureAwait(false);
        }

        return Number(name, BackupPrefix) is null
            ? await AskAsync(name, cancellationToken).ConfigureAwait(false)
            : (await ListAsync(cancellationToken).ConfigureAwait(false)).LastOrDefault(point => point.Name == name);
    }

    public async Task<RestorePoint?> FindAtAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        CloudBackups backups = await api.ListBackupsAsync(cancellationToken).ConfigureAwait(false);
        return backups.PitrEnabled ? FindMoment(moment.ToUnixTimeSeconds(), backups.PhysicalBackupData) : null;
    }

    public async Task<RestorePoint> CreateAsync(string name, IProgressSink sink, CancellationToken cancellationToken)
    {
        RestorePoint? point = await AskAsync(name, cancellationToken).ConfigureAwait(false);
        if (point is not { Status: RestorePointStatus.Available or RestorePointStatus.Pending })
        {
            try
            {
                point = From(await api.CreateRestorePointAsync(name, cancellationToken).ConfigureAwait(false));
            }
            catch (DeployException e) when (IsNotForUs(e))
            {
                return await NowAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }

        return await WaitAsync(point, sink, cancellationToken).ConfigureAwait(false);
    }

    public async Task RestoreAsync(RestorePoint point, IProgressSink sink, CancellationToken cancellationToken)
    {
        sink.Publish(new Notice($"The platform brings the database of '{environment}' back to '{point}'. {Limits}"));
        await AskForAsync(point, cancellationToken).ConfigureAwait(false);
        try
        {
            await WaitForProjectAsync(point, sink, cancellationToken).ConfigureAwait(false);
            await reconnect(cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code != ErrorTable.CloudRestoreFailed)
        {
            // It is under way: whatever else is refused now must not be taken for a refusal of the restore.
            throw new DeployException(
                ErrorTable.CloudRestoreFailed, $"The platform was asked to bring the database of '{environment}' back to '{point}', and how far it is cannot be seen. {e.Message}", e.Remedy, environment.Name, e);
        }
    }

    public async Task<bool> IsAtRestAsync(CancellationToken cancellationToken) =>
        (await api.GetProjectAsync(cancellationToken).ConfigureAwait(false)).Status == CloudProject.Active;

    private async Task AskForAsync(RestorePoint point, CancellationToken cancellationToken)
    {
        if (Number(point.Name, BackupPrefix) is { } id)
        {
            await api.RestoreBackupAsync(id, cancellationToken).ConfigureAwait(false);
        }
        else if (Number(point.Name, MomentPrefix) is { } seconds)
        {
            await api.RestoreToTimeAsync(DateTimeOffset.FromUnixTimeSeconds(seconds), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await EnsureUsableAsync(point, cancellationToken).ConfigureAwait(false);
            await api.RestoreToPointAsync(point.Name, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>With point-in-time recovery every moment is a restore point by itself.</summary>
    private async Task<RestorePoint> NowAsync(DeployException refusal, CancellationToken cancellationToken)
    {
        CloudBackups backups = await api.ListBackupsAsync(cancellationToken).ConfigureAwait(false);
        return backups.PitrEnabled ? AtMoment(time.GetUtcNow()) : throw new DeployException(
            ErrorTable.RestorePointUnusable,
            $"No restore point can be made for '{environment}': {refusal.Message}",
            "Turn on point-in-time recovery for the project, or take a backup yourself (Backup-Deployment) and publish without 'backup.before'.",
            environment.Name,
            refusal);
    }

    private async Task<RestorePoint> WaitAsync(RestorePoint point, IProgressSink sink, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (point.Status == RestorePointStatus.Pending)
        {
            if (time.GetElapsedTime(start) > s_createLimit)
            {
                throw Unusable(point, $"it is still being made after {s_createLimit.TotalMinutes:0} min");
            }

            sink.Publish(new Detail($"Restore point '{point}' is being made."));
            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
            point = await AskAsync(point.Name, cancellationToken).ConfigureAwait(false) ?? throw Unusable(point, "the platform does not know it any more");
        }

        return point.Status == RestorePointStatus.Available ? point : throw Unusable(point, $"it is {point.Status}");
    }

    private async Task EnsureUsableAsync(RestorePoint point, CancellationToken cancellationToken)
    {
        RestorePoint? now = await AskAsync(point.Name, cancellationToken).ConfigureAwait(false);
        if (now?.Status != RestorePointStatus.Available)
        {
            throw Unusable(point, now is null ? "the platform does not know it any more" : $"it is {now.Status}");
        }
    }

    /// <summary>A project goes on being active for a while before the restore begins, so that being active alone says nothing.</summary>
    private async Task WaitForProjectAsync(RestorePoint point, IProgressSink sink, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        bool hasBegun = false;
        while (true)
        {
            string status = await ReadStatusAsync(cancellationToken).ConfigureAwait(false);
            hasBegun |= !s_beforeRestore.Contains(status);
            if (status == CloudProject.Active && (hasBegun || time.GetElapsedTime(start) > s_beginLimit))
            {
                return;
            }

            if (status == "RESTORE_FAILED" || time.GetElapsedTime(start) > s_restoreLimit)
            {
                throw new DeployException(
                    ErrorTable.CloudRestoreFailed,
                    $"The project of '{environment}' did not come back from its restore to '{point}': it is {status}.",
                    "Look at the project in the dashboard; the platform's support can finish or repeat a restore.",
                    environment.Name);
            }

            sink.Publish(new Detail($"The project of '{environment}' is {status}."));
            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A platform that does not answer for a while says nothing of a restore that takes an hour.</summary>
    private async Task<string> ReadStatusAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await api.GetProjectAsync(cancellationToken).ConfigureAwait(false)).Status;
        }
        catch (DeployException e) when (e.Code == ErrorTable.ApiUnavailable || e.Code == ErrorTable.ApiUnreachable || e.Code == ErrorTable.ApiRateLimited)
        {
            return "UNKNOWN";
        }
    }

    private async Task<RestorePoint?> AskAsync(string? name, CancellationToken cancellationToken)
    {
        try
        {
            return await api.FindRestorePointAsync(name, cancellationToken).ConfigureAwait(false) is { } point ? From(point) : null;
        }
        catch (DeployException e) when (IsNotForUs(e))
        {
            return null; // A plan without restore points has none.
        }
    }

    private static bool IsNotForUs(DeployException e) => e.Code == ErrorTable.ApiForbidden || e.Code == ErrorTable.ApiPlanLimit || e.Code == ErrorTable.ApiNotFound;

    private static RestorePoint From(CloudRestorePoint point) => new(
        point.Name,
        point.Status switch
        {
            "AVAILABLE" => RestorePointStatus.Available,
            "PENDING" => RestorePointStatus.Pending,
            "REMOVED" => RestorePointStatus.Removed,
            _ => RestorePointStatus.Failed,
        },
        point.CompletedOn?.ToUniversalTime()) { Limits = Limits };

    /// <summary>
    /// Only the latest moment is listed, and every one of the recovery window can be gone back to. What was written last is stored a little later by
    /// the platform: such a moment is on its way.
    /// </summary>
    private RestorePoint? FindMoment(long seconds, PhysicalBackupRange range) =>
        seconds < range.EarliestPhysicalBackupDateUnix || range.EarliestPhysicalBackupDateUnix is null || seconds > time.GetUtcNow().ToUnixTimeSeconds()
            ? null
            : AtMoment(DateTimeOffset.FromUnixTimeSeconds(seconds)) with
            {
                Status = seconds > range.LatestPhysicalBackupDateUnix ? RestorePointStatus.Pending : RestorePointStatus.Available,
            };

    private static RestorePoint AtMoment(DateTimeOffset moment) => new(
        string.Create(CultureInfo.InvariantCulture, $"{MomentPrefix}{moment.ToUnixTimeSeconds()}"), RestorePointStatus.Available, DateTimeOffset.FromUnixTimeSeconds(moment.ToUnixTimeSeconds()))
    {
        Limits = Limits + " A moment can be gone back to as long as the project's recovery window reaches, and to the second only.",
    };

    private static RestorePointStatus StatusOf(CloudBackup backup) => backup.Status switch
    {
        "COMPLETED" => RestorePointStatus.Available,
        "PENDING" => RestorePointStatus.Pending,
        "FAILED" or "CANCELLED" => RestorePointStatus.Failed,
        _ => RestorePointStatus.Removed,
    };

    private static DateTimeOffset? Moment(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset moment) ? moment : null;

    private static long? Number(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static DeployException Unusable(RestorePoint point, string why) => new(
        ErrorTable.RestorePointUnusable,
        $"Restore point '{point}' cannot be used: {why}.",
        "Look at the project's backups in the dashboard; a backup of one's own (Backup-Deployment) does not depend on them.",
        point.Name);
}
