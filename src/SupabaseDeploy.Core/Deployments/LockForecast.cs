using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Deployments;

/// <summary>Which locks of a plan's migrations an application will wait for, where no rehearsal has seen them.</summary>
public static class LockForecast
{
    /// <summary>The plan with what rules foretell from the texts of its migrations. A plan with a rehearsal says what was seen, and stays as it is.</summary>
    /// <exception cref="Errors.DeployException">A migration cannot be read.</exception>
    public static async Task<DeploymentPlan> ForeseeAsync(DeploymentPlan plan, IProgressSink sink, CancellationToken cancellationToken)
    {
        string[] versions = [.. plan.Apply, .. plan.Contract];
        if (versions.Length == 0 || plan.Rehearsal is not null || plan.Release is not { } release)
        {
            return plan;
        }

        var files = new List<(MigrationFile File, string Text)>();
        foreach (MigrationFile file in MigrationFolder.Read(release.MigrationsFolder, sink).Where(file => versions.Contains(file.Version)))
        {
            files.Add((file, await File.ReadAllTextAsync(file.Path, cancellationToken).ConfigureAwait(false)));
        }

        return plan with { Locks = BlockingLock.Foretold(files) };
    }
}
