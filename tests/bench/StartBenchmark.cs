using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>A start of a database that was stopped, to the first signed-in connection, beside <c>pg_ctl start -w</c> on the same folder; in turn.</summary>
internal static class StartBenchmark
{
    private const int Rounds = 9;

    public static async Task RunAsync()
    {
        using var folder = new TemporaryFolder();
        DeploymentEnvironment environment = LocalProject.At(folder.Path);
        var stacks = new LocalStacks(gatewayFolder: Repository.GatewayFolder);
        Task Stop(bool remove) => stacks.StopAsync(environment, remove, NullProgressSink.Instance, CancellationToken.None);
        try
        {
            await StartAsync(stacks, environment);
            PostgresCluster cluster = PostgresCluster.At(environment.Project.EnvironmentFolder(environment.Name));
            string data = (await cluster.GetStateAsync(CancellationToken.None)).DataFolder!;
            var bare = new BareServer(cluster.Installation, Path.GetDirectoryName(data)!);
            await Stop(remove: false);
            TimeSpan[] ours = new TimeSpan[Rounds], theirs = new TimeSpan[Rounds];
            for (int round = 0; round < Rounds; round++)
            {
                ours[round] = await PairedRuns.TimeAsync(() => StartAsync(stacks, environment));
                await Stop(remove: false);
                theirs[round] = await PairedRuns.TimeAsync(bare.StartAsync);
                await bare.StopAsync();
            }

            Print($"warm, database only: {PairedRuns.Ratio(ours, theirs):0.00} of pg_ctl start -w (aim: 2.0), {PairedRuns.Seconds(ours)} beside {PairedRuns.Seconds(theirs)}");
        }
        finally
        {
            await Stop(remove: true);
        }
    }

    private static Task<LocalStackInfo> StartAsync(LocalStacks stacks, DeploymentEnvironment environment) =>
        stacks.StartAsync(environment, LocalStackEngine.Embedded, ["db"], NullProgressSink.Instance, CancellationToken.None);

    private static void Print(FormattableString line) => Console.WriteLine("LocalStack.Start | " + line.ToString(CultureInfo.InvariantCulture));
}
