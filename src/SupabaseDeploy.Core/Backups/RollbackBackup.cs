using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Backups;

/// <summary>Finds the backup that brings an environment back to a release.</summary>
/// <param name="targets">Where environments are.</param>
/// <param name="installations">Where pg_restore comes from.</param>
public sealed class RollbackBackup(IDeploymentTargets targets, PostgresInstallations installations)
{
    /// <summary>The way by the newest backup that was taken while the release ran and holds its migrations, and what it would lose, counted now.</summary>
    public async Task<RollbackWay> FindAsync(DeploymentEnvironment environment, Release release, IProgressSink sink, CancellationToken cancellationToken)
    {
        DeploymentBackup[] taken = [.. new BackupStore(environment).List(sink).Where(each => each.Release == release.Id)];
        DeploymentBackup? backup = taken.FirstOrDefault(each => FindDifference(environment, release, each) is null);
        if (backup is null)
        {
            return NotPossible(taken is [var newest, ..]
                ? $"no backup from while release {release} ran holds just its migrations: in '{newest.Id}' {FindDifference(environment, release, newest)}."
                : $"no backup was taken while release {release} ran.");
        }

        if (await targets.For(environment).GetAdministrationAsync(cancellationToken).ConfigureAwait(false) is null)
        {
            return NotPossible("the place gives no role that may create and rename databases.");
        }

        RestorePlan plan = await new DeploymentRestorer(targets, installations).PlanAsync(backup, sink, cancellationToken).ConfigureAwait(false);
        string rows = plan.RowsLost is { } lost ? $"{lost} rows, and every other change" : "Every change";
        return new RollbackWay(
            RollbackStrategy.Backup,
            $"Backup '{backup.Id}' of {backup.ConsistentAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z replaces the database; web root, functions and settings go back.{(backup.IsProven ? "" : " No drill has proven it yet.")}",
            $"{rows} of the last {RestorePlan.Readable(plan.TimeLost)}.",
            null)
        {
            BackupId = backup.Id,
        };
    }

    // A backup is named for the last release that succeeded; one that failed since may have left migrations behind.
    private static string? FindDifference(DeploymentEnvironment environment, Release release, DeploymentBackup backup)
    {
        string[] own = [.. release.Migrations.Select(migration => migration.Version)];
        string[] strange = [.. backup.Manifest.Migrations.Except(own)];
        string[] lacking = [.. own.Except(backup.Manifest.Migrations)];
        lacking = [.. lacking.Except(ContractMark.Separated(environment, release, lacking))];
        return strange.Length > 0 ? $"{Words.Migrations(strange)} is applied already"
            : lacking.Length > 0 ? $"{Words.Migrations(lacking)} is not applied"
            : null;
    }

    private static RollbackWay NotPossible(string why) => new(RollbackStrategy.Backup, "A backup replaces the database.", "", why);
}
