using System.Globalization;
using System.Security.Cryptography;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>
/// Releases of 20 new migrations, 5 new functions and a new web bundle of 50 MB, published to a local stack with Deno: the first to a fresh one, where the
/// ledger is created too, the second to the one that runs the first, and the second once more.
/// What the place itself has to do is the time of the steps that migrate, bring functions, switch the web root and measure health.
/// </summary>
internal static class PublishBenchmark
{
    private const int Rounds = 5;
    private const int Megabytes = 50;
    private static readonly string[] s_work = [StepName.Migrate, StepName.Functions, StepName.Configuration, StepName.Web, StepName.Health];

    public static async Task RunAsync()
    {
        using var folder = new TemporaryFolder();
        WriteApplication(folder);
        var project = new ProjectFolder(folder.Path);
        DeploymentEnvironment environment = DeploymentPipeline.Load(project).Resolve("staging")[0];
        LocalStacks stacks = await RealRuntimes.StacksAsync("deno");
        var rounds = new List<Round>();
        try
        {
            Release first = await MakeAsync(project, number: 1);
            Release second = await MakeAsync(project, number: 2);
            for (int round = -1; round < Rounds; round++)
            {
                await stacks.StopAsync(environment, removeData: true, NullProgressSink.Instance, CancellationToken.None);
                await stacks.StartAsync(environment, NullProgressSink.Instance, CancellationToken.None);
                Round measured = await MeasureAsync(environment, first, second);
                if (round >= 0)
                {
                    rounds.Add(measured);
                }
            }
        }
        finally
        {
            await stacks.StopAsync(environment, removeData: true, NullProgressSink.Instance, CancellationToken.None);
        }

        PrintPublish("first", [.. rounds.Select(round => round.First)]);
        PrintPublish("second", [.. rounds.Select(round => round.Second)]);
        TimeSpan[] nothing = [.. rounds.Select(round => round.Nothing)];
        Print($"nothing to do, planned and executed: {PairedRuns.Seconds(nothing)} (aim: under 2 s)");
    }

    private static void PrintPublish(string which, Publish[] publishes)
    {
        TimeSpan[] executed = [.. publishes.Select(publish => publish.Executed)], planned = [.. publishes.Select(publish => publish.Planned)];
        TimeSpan[] machinery = [.. publishes.Select(publish => publish.Machinery)];
        Print($"{which}: 20 migrations, 5 functions, {Megabytes} MB: {PairedRuns.Seconds(executed)}");
        Print($"{which}: planning: {PairedRuns.Ratio(planned, executed):0.00} of executing (aim: 0.2), {PairedRuns.Seconds(planned)}");
        Print($"{which}: machinery: {PairedRuns.Ratio(machinery, executed):0.00} of executing (aim: 0.1), {PairedRuns.Seconds(machinery)}");
        Print($"{which}: steps of the last round: {publishes[^1].Steps}");
    }

    private static async Task<Round> MeasureAsync(DeploymentEnvironment environment, Release first, Release second)
    {
        var publishing = new Publishing(environment);
        Publish begun = await publishing.RunAsync(first);
        Publish usual = await publishing.RunAsync(second);
        Publish again = await publishing.RunAsync(second);
        return begun.Changed && usual.Changed && !again.Changed
            ? new Round(begun, usual, again.Planned + again.Executed)
            : throw new InvalidOperationException("A publish that was to change something did not, or the last one did.");
    }

    private static async Task<Release> MakeAsync(ProjectFolder project, int number)
    {
        WriteFiles(project.Root, number);
        var content = new ReleaseContent { Application = "courses", MigrationsFolder = project.MigrationsFolder, WebFolder = Path.Combine(project.Root, "build", "web") };
        return await new ReleaseStore(project).CreateAsync(content, NullProgressSink.Instance, CancellationToken.None);
    }

    private static void WriteApplication(TemporaryFolder folder)
    {
        folder.Write(
            "env/pipeline.yml",
            """
            application: courses
            web:
              bundle: build/web
            health:
              endpoints:
                - { name: home, url: /, body: courses }
            stages:
              - name: staging
                target: local

            """);
        folder.Write("env/staging.json", "{}");
    }

    private static void WriteFiles(string root, int number)
    {
        UsualMigrations.WriteFolder(Path.Combine(root, "migrations"), count: 20 * number);
        for (int function = 1; function <= 5; function++)
        {
            string folder = Path.Combine(root, "supabase", "functions", $"function-{function}");
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "index.ts"), $"Deno.serve(() => new Response('{function} of {number}'));\n");
        }

        string web = Path.Combine(root, "build", "web");
        Directory.CreateDirectory(web);
        File.WriteAllText(Path.Combine(web, "index.html"), $"<h1>courses {number}</h1>");
        // Bytes that nothing can compress, in files of the size that Flutter's engine and fonts have.
        for (int asset = 0; asset < Megabytes; asset++)
        {
            File.WriteAllBytes(Path.Combine(web, $"asset-{asset}.bin"), RandomNumberGenerator.GetBytes(1 << 20));
        }
    }

    private static void Print(FormattableString line) => Console.WriteLine("Publish | " + line.ToString(CultureInfo.InvariantCulture));

    private sealed record Round(Publish First, Publish Second, TimeSpan Nothing);

    private sealed record Publish(TimeSpan Planned, TimeSpan Executed, TimeSpan Machinery, bool Changed, string Steps);

    /// <summary>Plans and executes as the command does, which asks first for restores that were killed and for work under way.</summary>
    private sealed class Publishing(DeploymentEnvironment environment)
    {
        private readonly DeploymentTargets _targets = new();

        public async Task<Publish> RunAsync(Release release)
        {
            var publisher = new DeploymentPublisher(_targets, (_, _, _) => throw new InvalidOperationException("This pipeline asks for no backup."));
            DeploymentPlan plan = null!;
            Deployment deployment = null!;
            TimeSpan planned = await PairedRuns.TimeAsync(async () => plan = await PlanAsync(release));
            TimeSpan executed = await PairedRuns.TimeAsync(
                async () => deployment = await publisher.ExecuteAsync(plan, new DeploymentOptions(), NullProgressSink.Instance, CancellationToken.None));
            if (deployment.Status != DeploymentStatus.Succeeded)
            {
                throw new InvalidOperationException($"It did not go as it has to: {deployment.Reason}");
            }

            var work = TimeSpan.FromTicks(deployment.Steps.Where(step => s_work.Contains(step.Name)).Sum(step => step.Duration!.Value.Ticks));
            string steps = string.Join(", ", deployment.Steps.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Name} {step.Duration!.Value.TotalMilliseconds:0} ms")));
            return new Publish(planned, executed, executed - work, deployment.Changed, steps);
        }

        private async Task<DeploymentPlan> PlanAsync(Release release)
        {
            await new UnfinishedRestores(_targets).SettleAsync(environment, TimeSpan.Zero, NullProgressSink.Instance, CancellationToken.None);
            await new KilledRestores(_targets).SettleAsync(environment, TimeSpan.Zero, NullProgressSink.Instance, CancellationToken.None);
            DatabaseAddress database = await _targets.For(environment).GetDatabaseAsync(CancellationToken.None);
            return await DeploymentLock.FindOwnerAsync(database, CancellationToken.None) is { } owner
                ? throw new InvalidOperationException($"The environment is being changed by {owner}.")
                : await new DeploymentPlanner(_targets).PlanPublishAsync(environment, release, false, null, CancellationToken.None);
        }
    }
}
