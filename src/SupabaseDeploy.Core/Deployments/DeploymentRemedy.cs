using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// What to do about a deployment that did not succeed. What the step that failed recommends is for whoever ran that step alone: a release is never
/// changed, and by the end of the deployment the environment is not where the step left it.
/// </summary>
public static class DeploymentRemedy
{
    /// <summary>The next thing to do, as a sentence or a command.</summary>
    public static string Of(Deployment deployment) =>
        deployment.Lockout ?? deployment switch
        {
            { Status: DeploymentStatus.Interrupted } => Again(deployment),
            { Failure: DeployException { Code: var code, InnerException: PostgresException error } failed }
                when code == ErrorTable.MigrationFailed && ScriptFailure.IsOfTheFile(error) =>
                    deployment.Kind == DeploymentKind.Rollback ? OtherWays(deployment) : NewRelease(failed),
            { Failure: DeployException failed } when Remedy(failed) is { } remedy => remedy,
            _ => $"Look at (Get-Deployment {deployment.Environment} -Latest).Steps.",
        };

    /// <summary>The command that takes over from one whose process has ended.</summary>
    internal static string Again(Deployment deployment) => "Run it again; it takes over from this one" + deployment switch
    {
        { Kind: DeploymentKind.Publish, Release: { } release } => $": Publish-Environment {deployment.Environment} -Release {release}",
        { Kind: DeploymentKind.Rollback, Release: { } release } => $": Restore-Deployment {deployment.Environment} -Release {release}",
        _ => ".",
    };

    private static string NewRelease(DeployException failed) => failed.Remedy == ScriptFailure.CorrectTheFile
        ? "Correct the file, make a new release with New-Release, and publish that: a release is never changed."
        : $"{failed.Remedy} Then make a new release with New-Release, and publish that: a release is never changed.";

    // Nobody corrects a script of a stored release, and a new one leads forward, not back.
    private static string OtherWays(Deployment deployment)
    {
        string restore = $"Restore-Deployment {deployment.Environment}";
        IEnumerable<string?> replacing = deployment.Plan.Ways.Where(way => way is { IsPossible: true, ReplacesDatabase: true }).Select(way =>
            way.BackupId is { } id ? $"restore the backup: {restore} -Backup {id}" : way.RestorePoint is { } point ? $"go back to the restore point: {restore} -RestorePoint {point}" : null);
        return string.Join("; or ", (string[])[
            $"Take away what stands in the way of the down script, and run it again: {restore} -Release {deployment.Release}",
            .. replacing.OfType<string>()]) + ".";
    }

    // A migration that waited, or met a server that was busy, goes on with its file where it runs alone. Here nothing of it is left.
    private static string? Remedy(DeployException failed) =>
        failed.Remedy?.Replace(": it continues with this file.", ".", StringComparison.Ordinal);
}
