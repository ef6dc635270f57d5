using System.Globalization;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>The very first start, with no template in the cache, beside what nobody can do without: initdb, a start and the bootstrap; in turn.</summary>
internal static class ColdBenchmark
{
    private const int Rounds = 5;

    public static async Task RunAsync()
    {
        StateFolders usual = StateFolders.OfThisMachine();
        StateFolders folders = usual with { Cache = Path.Combine(usual.Cache, "tests", Guid.NewGuid().ToString("N")) };
        try
        {
            await MeasureAsync(folders);
        }
        finally
        {
            Directory.Delete(folders.Cache, recursive: true);
        }
    }

    private static async Task MeasureAsync(StateFolders folders)
    {
        TimeSpan[] ours = new TimeSpan[Rounds], theirs = new TimeSpan[Rounds];
        for (int round = -1; round < Rounds; round++)
        {
            (TimeSpan cold, TimeSpan bare) = (await ColdAsync(folders), await BareAsync(folders));
            if (round >= 0)
            {
                (ours[round], theirs[round]) = (cold, bare);
            }
        }

        Print($"cold: {PairedRuns.Ratio(ours, theirs):0.00} of initdb, pg_ctl start -w and the bootstrap (aim: 1.3), {PairedRuns.Seconds(ours)} beside {PairedRuns.Seconds(theirs)}");
    }

    private static async Task<TimeSpan> ColdAsync(StateFolders folders)
    {
        using var folder = new TemporaryFolder();
        PostgresCluster cluster = PostgresCluster.At(Path.Combine(folder.Path, "local"), new ClusterOptions { Folders = folders });
        try
        {
            return await PairedRuns.TimeAsync(() => cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None));
        }
        finally
        {
            await cluster.RemoveAsync(CancellationToken.None);
            Directory.Delete(folders.Templates, recursive: true);
        }
    }

    /// <summary>The same settings and statements; initdb flushes to the disk, as it does when nobody tells it otherwise.</summary>
    private static async Task<TimeSpan> BareAsync(StateFolders folders)
    {
        var home = new ClusterHome(Path.Combine(folders.Cache, Guid.NewGuid().ToString("N")), folders);
        PostgresInstallation installation = await new ExtensionTrees(folders, TimeProvider.System).ProvideAsync(
            new PostgresInstallations().Find()!, new HashSet<string>(), NullProgressSink.Instance, CancellationToken.None);
        var bare = new BareServer(installation, home.Folder);
        var password = new Secret(Guid.NewGuid().ToString("N"));
        int port = LoopbackPort.Choose();
        await home.CreateAsync(CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(home.LogFolder, "password"), password.Reveal());
        Directory.CreateDirectory(home.Data);
        await home.GiveToServerAsync(home.Data, CancellationToken.None);
        await home.GiveToServerAsync(home.LogFolder, CancellationToken.None);
        try
        {
            return await PairedRuns.TimeAsync(async () =>
            {
                IReadOnlyList<string> arguments = PostgresServer.InitializeArguments("data", Path.Combine("log", "password"), OperatingSystem.IsLinux());
                await bare.RunAsync("initdb", [.. arguments.Where(argument => argument != "--no-sync")]);
                await File.AppendAllTextAsync(Path.Combine(home.Data, "postgresql.conf"), ServerSettings.Text(port, isThrowAway: false, ServerSettings.Preloaded(installation)));
                await bare.StartAsync();
                var address = new DatabaseAddress { Host = "127.0.0.1", Port = port, Database = "postgres", User = PostgresServer.Superuser, Password = password };
                await using NpgsqlConnection connection = await address.OpenAsync(CancellationToken.None);
                await Bootstrap.ApplyAsync(connection, CancellationToken.None);
            });
        }
        finally
        {
            await bare.StopAsync();
            home.Remove();
        }
    }

    private static void Print(FormattableString line) => Console.WriteLine("LocalStack.Cold | " + line.ToString(CultureInfo.InvariantCulture));
}
