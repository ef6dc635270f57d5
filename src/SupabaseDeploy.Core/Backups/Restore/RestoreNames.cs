using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Backups;

/// <summary>What a restore is called, and the plan that is shown and recorded. Pure but for four random digits.</summary>
internal static class RestoreNames
{
    /// <summary>PostgreSQL cuts longer names off silently.</summary>
    private const int LongestName = 63;

    /// <summary>A new entry: <c>postgres_restore_20261122234512_3f9a</c> beside <c>postgres</c>, which becomes <c>postgres_before_…</c>.</summary>
    public static RestoreEntry For(DeploymentBackup backup, string live, DateTimeOffset now)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyyMMddHHmmss}_{RandomNumberGenerator.GetHexString(4, lowercase: true)}");
        return new RestoreEntry(
            id, backup.Environment.Name, backup.Id, live, Name(live, $"_restore_{id}"), Name(live, $"_before_{id}"), Guid.NewGuid(), RestoreState.Building);
    }

    /// <summary>The plan of a restore.</summary>
    public static DeploymentPlan Plan(DeploymentBackup backup, RestoreEntry entry, Release? release, Release? previous) => new()
    {
        Environment = backup.Environment,
        Kind = DeploymentKind.Restore,
        Release = release,
        PreviousRelease = previous,
        Steps =
        [
            new PlannedStep("build", true, $"Restore backup {backup.Id} into a new database '{entry.Restored}' beside '{entry.Live}'."),
            new PlannedStep("verify", false, "Compare rows, migrations, constraints, indexes, roles and row security with the backup's manifest."),
            new PlannedStep("switch", true, $"Carry the ledger over, end all sessions, and exchange the names: '{entry.Live}' is kept as '{entry.Previous}'."),
            new PlannedStep("web", release is not null && release.Id != previous?.Id, "Serve the web bundle of the backup's release."),
            new PlannedStep("health", false, "Measure the environment's health."),
            new PlannedStep("loss", false, $"Count what '{entry.Previous}' has and the backup has not."),
        ],
        Rollback = new RollbackPlan(RollbackStrategy.None, $"The replaced database is kept as '{entry.Previous}'.", "Everything written after the restore."),
        DataLoss = [$"Everything written after {backup.ConsistentAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z."],
    };

    private static string Name(string live, string suffix)
    {
        while (Encoding.UTF8.GetByteCount(live) + suffix.Length > LongestName)
        {
            // By runes: half a surrogate pair is no name.
            live = string.Concat(live.EnumerateRunes().SkipLast(1));
        }

        return live + suffix;
    }
}
