using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class KilledShadowTests : ShadowTest
{
    [Fact]
    public async Task What_a_killed_process_left_of_a_shadow_or_a_snapshot_the_next_one_removes()
    {
        Write("1_a.sql", "create role a_role; create table a (id int);");
        // Half of a snapshot, as it looks while it is copied.
        Directory.CreateDirectory(Path.Combine(Folders.Snapshots, "unnamed-0123", "data", "base"));
        await KillAsync("Setting the passwords");
        await KillAsync("Keeping a snapshot");
        string orphan = Directory.GetDirectories(Folders.Shadows).Single();
        ClusterState running = await PostgresCluster.At(orphan, new ClusterOptions { Folders = Folders }).GetStateAsync(CancellationToken.None);
        Assert.True(running.IsRunning);

        await using ShadowDatabase shadow = await OpenAsync();

        Assert.Equal(["1"], await QueryAsync(shadow.Application, "select version from supabase_migrations.schema_migrations"));
        Assert.Null(ProcessIdentity(running.ProcessId!.Value));
        Assert.DoesNotContain(orphan, Directory.GetDirectories(Folders.Shadows));
        Assert.Single(Directory.GetFileSystemEntries(Folders.Snapshots));
    }

    private static object? ProcessIdentity(int process) => SupabaseDeploy.LocalStack.ProcessIdentity.Of(process);

    private async Task KillAsync(string at)
    {
        var request = new ProcessRequest("dotnet", [Repository.KilledProcess, "shadow", MigrationsFolder, at, Path.GetDirectoryName(Folders.Shadows)!]);
        ProcessResult killed = await ChildProcess.RunAsync(request, CancellationToken.None);
        Assert.True(killed.ExitCode == 137, $"not killed at '{at}': {killed.ExitCode} {killed.Error}");
    }
}
