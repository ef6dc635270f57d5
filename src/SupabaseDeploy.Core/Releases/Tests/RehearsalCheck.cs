using System.Text.Json.Nodes;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Releases;

/// <summary>Rehearses a release's migrations: those that an environment lacks, or all of them.</summary>
internal static class RehearsalCheck
{
    public static async Task<CheckResult> RunAsync(
        Release release, DeploymentEnvironment? environment, DatabaseAddress? database, ProjectFolder project, IProgressSink sink, CancellationToken cancellationToken)
    {
        var request = new RehearsalRequest
        {
            Environment = (environment ?? Nowhere(project)) with { MigrationsFolder = release.MigrationsFolder },
            Folder = release.MigrationsFolder,
            Database = database,
        };
        RehearsalSummary summary = await new MigrationRehearser().RehearseAsync(request, _ => { }, sink, cancellationToken).ConfigureAwait(false);
        string[] unproven = [.. summary.Downs.Where(down => !down.IsProven).Select(down => $"{down}")];
        string message = summary.Failure ?? $"{summary.Files.Count} migrations with {summary.Statements} statements ran; the worst risk is {summary.Risk}.";
        return new CheckResult(
            summary.IsPassed,
            message,
            summary.Failure is null ? [.. summary.Risks, .. unproven] : [summary.Failure],
            [
                ("migrations", summary.Files.Count),
                ("versions", new JsonArray([.. summary.Files.Select(file => JsonValue.Create(file.Version))])),
                ("statements", summary.Statements),
                ("risk", summary.Risk.ToString()),
                ("unprovenDownScripts", unproven.Length),
                ("chain", summary.ChainHash),
                .. RehearsalForecast.Figures(summary),
            ]);
    }

    private static DeploymentEnvironment Nowhere(ProjectFolder project) =>
        DeploymentEnvironment.ForDatabase(new DatabaseAddress { Host = "127.0.0.1", Database = "shadow", User = "postgres" }, project.Root) with { Database = null };
}
