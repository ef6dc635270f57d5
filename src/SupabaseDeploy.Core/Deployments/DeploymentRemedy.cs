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
            { Status: DeploymentStatus.Interrupted } => $"Run it again; it takes over from this one{Again(deployment)}",
            { Failure: DeployException { Code: var code, InnerException: PostgresException error } failed }
                when code == ErrorTable.MigrationFailed && ScriptFailure.IsOfTheFile(error) => NewRelease(failed),
            { Failure: DeployException failed } when Remedy(failed) is { } remedy => remedy,
            _ => $"Look at (Get-Deployment {deployment.Environment} -Latest).Steps.",
        };

    private static string Again(Deployment deployment) => deployment switch
    {
        { Kind: DeploymentKind.Publish, Release: { } release } => $": Publish-Environment {deployment.Environment} -Release {release}",
        { Kind: DeploymentKind.Rollback, Release: { } release } => $": Restore-Deployment {deployment.Environment} -Release {release}",
        _ => ".",
    };

    private static string NewRelease(DeployException failed) => failed.Remedy == ScriptFailure.CorrectTheFile
        ? "Correct the file, make a new release with New-Release, and publish that: a release is never changed."
        : $"{failed.Remedy} Then make a new release with New-Release, and publish that: a release is never changed.";

    // A migration that waited, or met a server that was busy, goes on with its file where it runs alone. Here nothing of it is left.
    private static string? Remedy(DeployException failed) =>
        failed.Remedy?.Replace(": it continues with this file.", ".", StringComparison.Ordinal);
}
