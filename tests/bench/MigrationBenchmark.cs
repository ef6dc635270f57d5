using System.Globalization;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>1,000 files on a fresh database, and nothing to do on 1,000 applied ones, beside other tools.</summary>
internal static class MigrationBenchmark
{
    private const int Files = 1000;
    private const int Rounds = 5;
    private const string Database = "bench";

    public static async Task RunAsync()
    {
        using var folder = new TemporaryFolder();
        // A server as people have it, which flushes each commit to the disk.
        PostgresCluster cluster = PostgresCluster.At(Path.Combine(folder.Path, "cluster"), new ClusterOptions());
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        try
        {
            await MeasureAsync(cluster, folder.Path);
        }
        finally
        {
            await cluster.RemoveAsync(CancellationToken.None);
        }
    }

    private static async Task MeasureAsync(PostgresCluster cluster, string work)
    {
        DatabaseAddress database = cluster.Application with { Database = Database };
        Task Fresh() => FreshAsync(cluster);
        var peers = new MigrationPeers(work, Files, database);
        string migrations = Path.Combine(work, "migrations");
        UsualMigrations.WriteFolder(migrations, Files);
        TimedCommand ours = Ours(database, migrations);

        foreach (IGrouping<int, MigrationPeer> group in (await peers.FindAsync(Rounds)).GroupBy(peer => peer.Rounds))
        {
            MigrationPeer[] others = [.. group];
            IReadOnlyList<TimeSpan[]> times = new PairedRuns(group.Key, warmUp: false).Measure([ours with { Before = Fresh }, .. others.Select(peer => peer.Command with { Before = Fresh })]);
            Print($"{Files} files: ours {Seconds(times[0])}, whole process");
            for (int i = 0; i < others.Length; i++)
            {
                Print($"{Files} files: {PairedRuns.Ratio(times[0], times[i + 1]):0.00} of {others[i].Name}, which takes {Seconds(times[i + 1])}");
            }
        }

        await NothingToDoAsync(peers, ours, Fresh);
        await InProcessAsync(database, migrations, Fresh);
    }

    private static async Task NothingToDoAsync(MigrationPeers peers, TimedCommand ours, Func<Task> fresh)
    {
        await fresh();
        ours.Run();
        IReadOnlyList<TimeSpan[]> times = new PairedRuns(Rounds).Measure(ours, await peers.SupabaseAsync());
        Print($"nothing to do on {Files}: {PairedRuns.Ratio(times[0], times[1]):0.00} of Supabase CLI 3.1.0, ours {Seconds(times[0])}, the CLI {Seconds(times[1])}");
    }

    /// <summary>What is left when PowerShell is there already, as in a session or a longer script.</summary>
    private static async Task InProcessAsync(DatabaseAddress database, string migrations, Func<Task> fresh)
    {
        var request = new MigrationRequest { Environment = DeploymentEnvironment.ForDatabase(database, migrations), Database = database, Folder = migrations };
        var applied = new List<TimeSpan>();
        var nothing = new List<TimeSpan>();
        for (int round = 0; round < 3; round++)
        {
            await fresh();
            applied.Add((await new MigrationRunner().ApplyAsync(request, NullProgressSink.Instance, CancellationToken.None)).Duration);
            nothing.Add((await new MigrationRunner().ApplyAsync(request, NullProgressSink.Instance, CancellationToken.None)).Duration);
        }

        Print($"{Files} files: ours {Seconds(applied)} inside a process that runs; nothing to do {Seconds(nothing)}");
    }

    private static TimedCommand Ours(DatabaseAddress database, string migrations)
    {
        string host = Path.Combine(Repository.Root, "out", "host", "SupabaseDeploy.Host.dll");
        string command = $"Import-Module '{Repository.ModuleManifest}'; Invoke-Migration -DatabaseUrl $env:DATABASE_URL -Path '{migrations}' -Confirm:$false | Out-Null";
        return new TimedCommand("dotnet", host, "-NoProfile", "-Command", command) { Environment = new Dictionary<string, string> { ["DATABASE_URL"] = database.ToUrl() } };
    }

    private static async Task FreshAsync(PostgresCluster cluster)
    {
        DatabaseAddress maintenance = cluster.Administration with { Database = "_supabase_deploy" };
        NpgsqlConnection connection = await maintenance.OpenAsync(CancellationToken.None);
        await using (connection)
        {
            foreach (string sql in (string[])[$"drop database if exists {Database} with (force)", $"create database {Database} template postgres", "checkpoint"])
            {
                using var command = new NpgsqlCommand(sql, connection);
                await command.ExecuteNonQueryAsync();
            }
        }

        NpgsqlConnection fresh = await (cluster.Administration with { Database = Database }).OpenAsync(CancellationToken.None);
        await using (fresh)
        {
            await Bootstrap.ApplyDatabaseSettingsAsync(fresh, CancellationToken.None);
        }
    }

    private static string Seconds(IEnumerable<TimeSpan> times) => string.Create(CultureInfo.InvariantCulture, $"{PairedRuns.Median(times).TotalSeconds:0.00} s");

    private static void Print(FormattableString line) => Console.WriteLine("Migration | " + line.ToString(CultureInfo.InvariantCulture));
}
