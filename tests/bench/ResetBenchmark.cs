using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>A reset to 1,000 applied files, and a shadow for one more, from the snapshot cache, beside applying them; in turn.</summary>
internal static class ResetBenchmark
{
    private const int Files = 1000;
    private const int Rounds = 5;

    public static async Task RunAsync()
    {
        using var folder = new TemporaryFolder();
        DeploymentEnvironment environment = LocalProject.At(folder.Path);
        PostgresCluster local = PostgresCluster.At(environment.Project.EnvironmentFolder(environment.Name));
        PostgresCluster plain = PostgresCluster.At(Path.Combine(folder.Path, "plain"));
        UsualMigrations.WriteFolder(environment.MigrationsFolder, Files);
        try
        {
            await local.StartAsync(NullProgressSink.Instance, CancellationToken.None);
            // The first one fills the cache.
            await ResetAsync(environment);
            TimeSpan[] applied = new TimeSpan[Rounds], reset = new TimeSpan[Rounds], opened = new TimeSpan[Rounds], downtime = new TimeSpan[Rounds];
            for (int round = 0; round < Rounds; round++)
            {
                await plain.RemoveAsync(CancellationToken.None);
                await plain.StartAsync(NullProgressSink.Instance, CancellationToken.None);
                applied[round] = await PairedRuns.TimeAsync(() => ApplyAsync(environment, plain));
                reset[round] = await PairedRuns.TimeAsync(async () => downtime[round] = (await ResetAsync(environment)).Downtime);
                opened[round] = await PairedRuns.TimeAsync(() => OpenAsync(environment, folder, round));
            }

            Print($"{Files} files applied to a fresh database: {PairedRuns.Seconds(applied)}");
            Print($"reset to {Files} applied: {PairedRuns.Ratio(reset, applied):0.00} of applying them (aim: 0.25), {PairedRuns.Seconds(reset)}, {PairedRuns.Seconds(downtime)} of it without connections");
            Print($"a shadow with one file after {Files} known ones: {PairedRuns.Ratio(opened, applied):0.00} of applying them, {PairedRuns.Seconds(opened)}");
        }
        finally
        {
            await local.RemoveAsync(CancellationToken.None);
            await plain.RemoveAsync(CancellationToken.None);
        }
    }

    private static Task<LocalStackReset> ResetAsync(DeploymentEnvironment environment) =>
        new LocalStackResetter().ResetAsync(new ResetRequest { Environment = environment }, NullProgressSink.Instance, CancellationToken.None);

    private static Task<MigrationRun> ApplyAsync(DeploymentEnvironment environment, PostgresCluster cluster) => new MigrationRunner().ApplyAsync(
        new MigrationRequest { Environment = environment, Database = cluster.Application, Folder = environment.MigrationsFolder },
        NullProgressSink.Instance,
        CancellationToken.None);

    /// <summary>With another last file each time.</summary>
    private static async Task OpenAsync(DeploymentEnvironment environment, TemporaryFolder folder, int round)
    {
        string path = folder.Write("new/29990101000000_new.sql", $"create table public.new_{round} (id int primary key);");
        var added = new MigrationFile("29990101000000", "new", path, null);
        IReadOnlyList<MigrationFile> chain = [.. MigrationFolder.Read(environment.MigrationsFolder, NullProgressSink.Instance), added];
        await using ShadowDatabase shadow = await new ShadowDatabases().OpenAsync(chain, NullProgressSink.Instance, CancellationToken.None);
    }

    private static void Print(FormattableString line) => Console.WriteLine("LocalStack.Reset | " + line.ToString(CultureInfo.InvariantCulture));
}
