using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class ClusterRecoveryTests
{
    [Fact]
    public async Task After_kill_9_of_the_server_the_next_start_recovers_what_was_committed()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        ClusterState first = await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await ClusterFolder.ExecuteAsync(cluster.Application, "create table kept as select 42 as answer");
        // A session that is busy outlives its postmaster for a while and holds the shared memory.
        await using Npgsql.NpgsqlConnection busy = await cluster.Application.OpenAsync(CancellationToken.None);
        await using var sleep = new Npgsql.NpgsqlCommand("select pg_sleep(600)", busy);
        Task sleeping = sleep.ExecuteNonQueryAsync();

        await KillAsync(first.ProcessId!.Value);
        Assert.Equal(ClusterStatus.Stopped, (await cluster.GetStateAsync(CancellationToken.None)).Status);
        ClusterState again = await folder.StartAsync();

        Assert.Equal((ClusterStatus.Running, true), (again.Status, again.Changed));
        Assert.NotEqual(first.ProcessId, again.ProcessId);
        Assert.Equal(42, await ClusterFolder.QueryAsync<int>(cluster.Application, "select answer from kept"));
        await Assert.ThrowsAnyAsync<Exception>(() => sleeping);
    }

    [Fact]
    public async Task A_pid_file_of_a_dead_process_or_of_another_program_is_no_obstacle()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        ClusterState state = await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        string pidFile = Path.Combine(state.DataFolder!, "postmaster.pid");
        string content = await File.ReadAllTextAsync(pidFile);
        foreach (int pid in (int[])[System.Environment.ProcessId, 4_000_000])
        {
            await cluster.StopAsync(CancellationToken.None);
            await File.WriteAllTextAsync(pidFile, pid + content[content.IndexOf('\n', StringComparison.Ordinal)..]);
            Assert.Equal(ClusterStatus.Stopped, (await cluster.GetStateAsync(CancellationToken.None)).Status);

            Assert.True((await folder.StartAsync()).IsRunning);
        }
    }

    [Fact]
    public async Task A_port_that_was_taken_meanwhile_is_given_up_and_told()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        ClusterState before = await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await cluster.StopAsync(CancellationToken.None);
        using var foreign = new TcpListener(IPAddress.Loopback, before.Port);
        foreign.Start();
        var sink = new CollectingSink();

        ClusterState moved = await folder.StartAsync(sink: sink);

        Assert.NotEqual(before.Port, moved.Port);
        Assert.Equal(moved.Port, folder.At().Application.Port);
        string notice = Assert.Single(sink.Events.OfType<Notice>(), notice => notice.Message.StartsWith($"Port {before.Port} is taken", StringComparison.Ordinal)).Message;
        Assert.StartsWith($"Port {before.Port} is taken by process {Environment.ProcessId} (", notice, StringComparison.Ordinal);
        Assert.EndsWith($"the database server moves to port {moved.Port}.", notice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_was_half_copied_or_half_deleted_is_thrown_away()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        ClusterState state = await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await cluster.StopAsync(CancellationToken.None);
        string home = Path.GetDirectoryName(state.DataFolder)!;
        // Killed while copying, and while an older data folder was deleted.
        Directory.Move(state.DataFolder!, Path.Combine(home, "data.partial"));
        File.Delete(Path.Combine(home, "data.partial", "PG_VERSION"));
        Directory.CreateDirectory(Path.Combine(home, "data.removing", "base"));
        Assert.Equal(ClusterStatus.Missing, (await cluster.GetStateAsync(CancellationToken.None)).Status);

        Assert.True((await folder.StartAsync()).IsRunning);

        Assert.Equal(["data", "log"], Directory.GetDirectories(home).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Lost_passwords_are_replaced_and_the_data_stays()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await ClusterFolder.ExecuteAsync(cluster.Application, "create table kept as select 42 as answer");
        DatabaseAddress before = cluster.Application;
        File.Delete(Path.Combine(cluster.PointerFolder, "cluster.secrets.json"));

        await folder.StartAsync();

        Assert.NotEqual(before.Password, cluster.Application.Password);
        Assert.Equal(42, await ClusterFolder.QueryAsync<int>(cluster.Application, "select answer from kept"));
    }

    [Fact]
    public async Task A_password_that_was_changed_in_the_server_is_explained()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await ClusterFolder.ExecuteAsync(cluster.Administration, "alter role supabase_admin password 'other'");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => folder.StartAsync());

        Assert.Equal(ErrorTable.ClusterDamaged, e.Code);
        Assert.Contains("cluster.secrets.json", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_start_is_reported_with_the_end_of_its_log()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        ClusterState state = await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await cluster.StopAsync(CancellationToken.None);
        await File.AppendAllTextAsync(Path.Combine(state.DataFolder!, "postgresql.conf"), "no_such_setting = 1\n");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => folder.StartAsync());

        Assert.Equal(ErrorTable.ClusterStartFailed, e.Code);
        Assert.Contains("unrecognized configuration parameter \"no_such_setting\"", e.Message, StringComparison.Ordinal);
        Assert.Contains("server.log", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_of_a_version_that_is_not_installed_is_refused()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        ClusterState state = await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await cluster.StopAsync(CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(state.DataFolder!, "PG_VERSION"), "12\n");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => folder.StartAsync());

        Assert.Equal(ErrorTable.ClusterVersionMismatch, e.Code);
        Assert.StartsWith("The data was made with PostgreSQL 12, which was not found: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copied_project_gets_a_cluster_of_its_own_and_leaves_the_original_alone()
    {
        await using var folder = new ClusterFolder();
        ClusterState original = await folder.StartAsync("original");
        await ClusterFolder.ExecuteAsync(folder.At("original").Application, "create table kept as select 42 as answer");
        string copy = Path.Combine(folder.Path, "copy");
        await ChildProcess.RunAsync(new ProcessRequest("cp", ["-a", Path.Combine(folder.Path, "original"), copy]), CancellationToken.None);
        Assert.Throws<DeployException>(() => folder.At("copy").Application);

        ClusterState copied = await folder.StartAsync("copy");
        if (StateFolders.OfThisMachine().ServerUser is null)
        {
            // An ordinary user's data lies in the project, and was copied with it.
            Assert.Equal(42, await ClusterFolder.QueryAsync<int>(folder.At("copy").Application, "select answer from kept"));
        }

        await folder.At("copy").RemoveAsync(CancellationToken.None);

        Assert.NotEqual(original.Port, copied.Port);
        Assert.NotEqual(original.ProcessId, copied.ProcessId);
        Assert.Equal(original.ProcessId, (await folder.At("original").GetStateAsync(CancellationToken.None)).ProcessId);
    }

    // An ordinary user's data lies in the project: a copy of that has data and a pointer that is new.
    [Fact]
    public async Task Data_that_a_pointer_says_nothing_of_is_kept_and_brought_up_to_date()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await ClusterFolder.ExecuteAsync(cluster.Application, "create table kept as select 42 as answer");
        await cluster.StopAsync(CancellationToken.None);
        string pointer = Path.Combine(cluster.PointerFolder, "cluster.json");
        await File.WriteAllTextAsync(pointer, (await File.ReadAllTextAsync(pointer)).Replace(Bootstrap.Hash, "", StringComparison.Ordinal));
        File.Delete(Path.Combine(cluster.PointerFolder, "cluster.secrets.json"));

        await folder.StartAsync();

        Assert.Equal(42, await ClusterFolder.QueryAsync<int>(folder.At().Application, "select answer from kept"));
        Assert.Contains(Bootstrap.Hash, await File.ReadAllTextAsync(pointer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_moved_project_keeps_its_cluster()
    {
        await using var folder = new ClusterFolder();
        await folder.StartAsync("before");
        await ClusterFolder.ExecuteAsync(folder.At("before").Application, "create table kept as select 42 as answer");
        await folder.At("before").StopAsync(CancellationToken.None);
        Directory.Move(Path.Combine(folder.Path, "before"), Path.Combine(folder.Path, "after"));

        await folder.StartAsync("after");

        Assert.Equal(42, await ClusterFolder.QueryAsync<int>(folder.At("after").Application, "select answer from kept"));
    }

    [Fact]
    public async Task A_cluster_whose_bootstrap_is_older_is_brought_up_to_date()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        string pointer = Path.Combine(cluster.PointerFolder, "cluster.json");
        await File.WriteAllTextAsync(pointer, (await File.ReadAllTextAsync(pointer)).Replace(Bootstrap.Hash, "older", StringComparison.Ordinal));
        await ClusterFolder.ExecuteAsync(cluster.Administration, "drop schema storage cascade");

        await folder.StartAsync();

        Assert.True(await ClusterFolder.QueryAsync<bool>(cluster.Application, "select to_regclass('storage.objects') is not null"));
        Assert.Contains(Bootstrap.Hash, await File.ReadAllTextAsync(pointer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_throw_away_cluster_whose_folder_was_deleted_is_removed_by_the_next_one()
    {
        await using var folder = new ClusterFolder();
        ClusterState lost = await folder.StartAsync("lost");
        string home = Path.GetDirectoryName(lost.DataFolder)!;
        Directory.Delete(folder.At("lost").PointerFolder, recursive: true);
        if (StateFolders.OfThisMachine().Clusters is not null)
        {
            Assert.True(Directory.Exists(home));
            File.SetLastWriteTimeUtc(Path.Combine(home, "throw-away-of"), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-2));
        }

        await folder.StartAsync("next");

        Assert.False(Directory.Exists(home));
        Assert.Null(ServerProcess.Find(lost.DataFolder!));
    }

    [Fact]
    public async Task A_cancelled_start_leaves_nothing_that_the_next_one_minds()
    {
        await using var folder = new ClusterFolder();
        using var stop = new CancellationTokenSource();
        Task<ClusterState> start = folder.At().StartAsync(NullProgressSink.Instance, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);

        Assert.True((await folder.StartAsync()).IsRunning);
    }

    private static async Task KillAsync(int pid)
    {
        using Process process = Process.GetProcessById(pid);
        process.Kill();
        await process.WaitForExitAsync();
    }
}
