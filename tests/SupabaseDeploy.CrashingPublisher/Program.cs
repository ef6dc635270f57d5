using System.Diagnostics;
using System.Globalization;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

// usage: CrashingPublisher <project> <environment> <release> <boundary>, with the database's URL in TEST_DATABASE_URL.
// Publishes, and kills itself with SIGKILL at the boundary of that number, counted from 1. Exits 3 when there are not that many.
var project = new ProjectFolder(args[0]);
DeploymentEnvironment environment = DeploymentPipeline.Load(project).Resolve(args[1])[0];
using var targets = new FolderTargets(new FolderTarget(environment, DatabaseAddress.Parse(Environment.GetEnvironmentVariable("TEST_DATABASE_URL")!)));
Release release = new ReleaseStore(project).Find(args[2]);
DeploymentPlan plan = await new DeploymentPlanner(targets).PlanPublishAsync(environment, release, rollForward: false, CancellationToken.None);
var publisher = new DeploymentPublisher(targets, (_, _, _) => Task.FromResult("backup-1"));
var options = new DeploymentOptions { HealthLimit = TimeSpan.Zero };
await publisher.ExecuteAsync(plan, options, new DeadlySink(int.Parse(args[3], CultureInfo.InvariantCulture)), CancellationToken.None);
return 3;

/// <summary>Ends this process, as a power cut would, when the boundary is reached.</summary>
internal sealed class DeadlySink(int boundary) : IProgressSink
{
    private int _seen;

    public void Publish(DeployEvent deployEvent)
    {
        if (deployEvent is DeploymentStepStarted or DeploymentStepEnded && ++_seen == boundary)
        {
            Process.GetCurrentProcess().Kill();
        }
    }
}
