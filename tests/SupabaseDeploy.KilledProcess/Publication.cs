using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.KilledProcess;

/// <summary>A publish to a stage whose web root is a folder, or a rollback of it.</summary>
internal static class Publication
{
    public static async Task RunAsync(string work, ProjectFolder project, string stage, string releaseId, DatabaseAddress application, IProgressSink sink)
    {
        DeploymentEnvironment environment = DeploymentPipeline.Load(project).Resolve(stage)[0];
        using var targets = new FolderTargets(new FolderTarget(environment, application));
        Release release = new ReleaseStore(project).Find(releaseId);
        var planner = new DeploymentPlanner(targets);
        DeploymentPlan plan = work == "rollback"
            ? await planner.PlanRollbackAsync(environment, release, CancellationToken.None)
            : await planner.PlanPublishAsync(environment, release, rollForward: false, CancellationToken.None);
        var publisher = new DeploymentPublisher(targets, (_, _, _) => Task.FromResult("backup-1"));
        await publisher.ExecuteAsync(plan, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, sink, CancellationToken.None);
    }
}
