using System.Globalization;
using System.Security.Cryptography;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>
/// A release of 20 migrations, 5 functions and a web bundle of 50 MB, published to a fresh local stack with Deno, and published once more.
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
            var content = new ReleaseContent { Application = "courses", MigrationsFolder = project.MigrationsFolder, WebFolder = Path.Combine(project.Root, "build", "web") };
            Release release = await new ReleaseStore(project).CreateAsync(content, NullProgressSink.Instance, CancellationToken.None);
            for (int round = -1; round < Rounds; round++)
            {
                await stacks.StopAsync(environment, removeData: true, NullProgressSink.Instance, CancellationToken.None);
                await stacks.StartAsync(environment, NullProgressSink.Instance, CancellationToken.None);
                Round measured = await MeasureAsync(environment, release);
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

        TimeSpan[] executed = [.. rounds.Select(round => round.Executed)], planned = [.. rounds.Select(round => round.Planned)];
        TimeSpan[] machinery = [.. rounds.Select(round => round.Executed - round.Work)], nothing = [.. rounds.Select(round => round.Nothing)];
        Print($"20 migrations, 5 functions, {Megabytes} MB: {PairedRuns.Seconds(executed)}");
        Print($"planning: {PairedRuns.Ratio(planned, executed):0.00} of executing (aim: 0.2), {PairedRuns.Seconds(planned)}");
        Print($"machinery: {PairedRuns.Ratio(machinery, executed):0.00} of executing (aim: 0.1), {PairedRuns.Seconds(machinery)}");
        Print($"nothing to do, planned and executed: {PairedRuns.Seconds(nothing)} (aim: under 2 s)");
        Print($"steps of the last round: {rounds[^1].Steps}");
    }

    private static async Task<Round> MeasureAsync(DeploymentEnvironment environment, Release release)
    {
        var targets = new DeploymentTargets();
        var planner = new DeploymentPlanner(targets);
        var publisher = new DeploymentPublisher(targets, (_, _, _) => throw new InvalidOperationException("This pipeline asks for no backup."));
        DeploymentPlan plan = null!;
        Deployment deployment = null!;
        async Task PlanAsync() => plan = await planner.PlanPublishAsync(environment, release, false, null, CancellationToken.None);
        async Task ExecuteAsync() => deployment = await publisher.ExecuteAsync(plan, new DeploymentOptions(), NullProgressSink.Instance, CancellationToken.None);

        TimeSpan planned = await PairedRuns.TimeAsync(PlanAsync);
        TimeSpan executed = await PairedRuns.TimeAsync(ExecuteAsync);
        Deployment first = deployment;
        TimeSpan nothing = await PairedRuns.TimeAsync(async () =>
        {
            await PlanAsync();
            await ExecuteAsync();
        });
        if (first is not { Status: DeploymentStatus.Succeeded, Changed: true } || deployment is not { Status: DeploymentStatus.Succeeded, Changed: false })
        {
            throw new InvalidOperationException($"It did not go as it has to: {first.Reason} {deployment.Reason}");
        }

        var work = TimeSpan.FromTicks(first.Steps.Where(step => s_work.Contains(step.Name)).Sum(step => step.Duration!.Value.Ticks));
        string steps = string.Join(", ", first.Steps.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Name} {step.Duration!.Value.TotalMilliseconds:0} ms")));
        return new Round(planned, executed, work, nothing, steps);
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
        UsualMigrations.WriteFolder(Path.Combine(folder.Path, "migrations"), count: 20);
        for (int number = 1; number <= 5; number++)
        {
            folder.Write($"supabase/functions/function-{number}/index.ts", $"Deno.serve(() => new Response('{number}'));\n");
        }

        folder.Write("build/web/index.html", "<h1>courses</h1>");
        // Bytes that nothing can compress, in files of the size that Flutter's engine and fonts have.
        for (int number = 0; number < Megabytes; number++)
        {
            File.WriteAllBytes(Path.Combine(folder.Path, "build", "web", $"asset-{number}.bin"), RandomNumberGenerator.GetBytes(1 << 20));
        }
    }

    private static void Print(FormattableString line) => Console.WriteLine("Publish | " + line.ToString(CultureInfo.InvariantCulture));

    private sealed record Round(TimeSpan Planned, TimeSpan Executed, TimeSpan Work, TimeSpan Nothing, string Steps);
}
