using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

public sealed class PostgresClusterTests
{
    [Fact]
    public async Task A_cluster_starts_stops_and_starts_again_on_the_same_port_with_its_data()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();

        ClusterState created = await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await ClusterFolder.ExecuteAsync(cluster.Application, "create table kept as select 42 as answer");
        ClusterState stopped = await cluster.StopAsync(CancellationToken.None);
        ClusterState stoppedTwice = await cluster.StopAsync(CancellationToken.None);
        ClusterState again = await folder.StartAsync();

        Assert.Equal((ClusterStatus.Running, true), (created.Status, created.Changed));
        Assert.Equal((ClusterStatus.Stopped, true, null), (stopped.Status, stopped.Changed, stopped.ProcessId));
        Assert.Equal((ClusterStatus.Stopped, false), (stoppedTwice.Status, stoppedTwice.Changed));
        Assert.Equal((ClusterStatus.Running, created.Port), (again.Status, again.Port));
        Assert.Equal(42, await ClusterFolder.QueryAsync<int>(cluster.Application, "select answer from kept"));
    }

    [Fact]
    public async Task Data_of_another_cluster_gets_this_ones_passwords_when_it_came_with_others()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At(), other = folder.At("other");
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await other.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await ClusterFolder.ExecuteAsync(other.Application, "create table replaced as select 42 as answer");
        DatabaseAddress before = cluster.Application;
        string data = (await other.StopAsync(CancellationToken.None)).DataFolder!;

        await cluster.ReplaceDataAsync(data, other.Installation, other.Passwords, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(before, cluster.Application);
        Assert.Equal(42, await ClusterFolder.QueryAsync<int>(before, "select answer from replaced"));
    }

    [Fact]
    public async Task A_running_cluster_is_adopted()
    {
        await using var folder = new ClusterFolder();
        ClusterState first = await folder.StartAsync();

        ClusterState second = await folder.StartAsync();

        Assert.Equal((first.ProcessId, first.Port, false), (second.ProcessId, second.Port, second.Changed));
    }

    [Fact]
    public async Task Of_two_that_start_at_once_one_starts_and_the_other_adopts()
    {
        await using var folder = new ClusterFolder();

        ClusterState[] states = await Task.WhenAll(folder.StartAsync(), folder.StartAsync(), folder.StartAsync());

        Assert.Single(states.Select(state => state.ProcessId).Distinct());
        Assert.Single(states, state => state.Changed);
    }

    [Theory]
    [InlineData("select 1", "pg_stat_statements")]
    [InlineData("alter system set shared_preload_libraries = 'auto_explain'", "auto_explain")]
    public async Task The_platforms_libraries_are_preloaded_unless_somebody_set_others(string setting, string loaded)
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await ClusterFolder.ExecuteAsync(cluster.Administration, setting);
        await cluster.StopAsync(CancellationToken.None);
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(loaded, await ClusterFolder.QueryAsync<string>(cluster.Administration, "show shared_preload_libraries"));
    }

    [Fact]
    public async Task A_library_that_postgresql_conf_sets_is_not_taken_back_by_what_is_included()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        ClusterState state = await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await cluster.StopAsync(CancellationToken.None);
        string file = Path.Combine(state.DataFolder!, "postgresql.conf");
        await File.WriteAllTextAsync(file, "shared_preload_libraries = 'auto_explain'\n" + await File.ReadAllTextAsync(file));
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal("auto_explain", await ClusterFolder.QueryAsync<string>(cluster.Administration, "show shared_preload_libraries"));
    }

    [Fact]
    public void A_library_is_preloaded_only_where_the_installation_has_it()
    {
        PostgresInstallation installation = new PostgresInstallations().Find()!;

        Assert.Equal(["pg_stat_statements"], ServerSettings.Preloaded(installation));
        Assert.False(InstallationLayout.HasLibrary(installation, "pg_stat_statement"));
    }

    [Fact]
    public async Task The_application_signs_in_as_postgres_who_is_no_superuser_and_owns_the_database()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(
            "postgres: f t t t t, owner postgres",
            await ClusterFolder.QueryAsync<string>(
                cluster.Application,
                """
                select format('%s: %s %s %s %s %s, owner %s', rolname, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, pg_get_userbyid(datdba))
                from pg_roles, pg_database where rolname = current_user and datname = current_database()
                """));
        Assert.True(await ClusterFolder.QueryAsync<bool>(cluster.Administration, "select rolsuper from pg_roles where rolname = current_user"));
        Assert.Equal(0L, await ClusterFolder.QueryAsync<long>(
            cluster.Application with { Database = "_supabase_deploy" }, "select count(*) from pg_class where relnamespace = 'public'::regnamespace"));
    }

    [Fact]
    public async Task Only_this_machine_reaches_it_over_tcp_with_scram_and_with_a_password()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(
            "127.0.0.1||scram-sha-256|UTF8|C.UTF-8|UTC",
            await ClusterFolder.QueryAsync<string>(
                cluster.Administration,
                """
                select concat_ws('|', current_setting('listen_addresses'), current_setting('unix_socket_directories'),
                    (select string_agg(distinct auth_method, ',') from pg_hba_file_rules), pg_encoding_to_char(encoding), datcollate, current_setting('TimeZone'))
                from pg_database where datname = 'postgres'
                """));
        DeployException e = await Assert.ThrowsAsync<DeployException>(() => (cluster.Application with { Password = null }).OpenAsync(CancellationToken.None));
        Assert.NotEqual(ErrorTable.Unexpected, e.Code);
    }

    [Fact]
    public async Task Passwords_differ_between_clusters_and_are_only_in_a_file_of_ours()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster one = folder.At("one");
        PostgresCluster two = folder.At("two");
        await Task.WhenAll(one.StartAsync(NullProgressSink.Instance, CancellationToken.None), two.StartAsync(NullProgressSink.Instance, CancellationToken.None));

        DeployException e = await Assert.ThrowsAsync<DeployException>(
            () => (one.Administration with { Password = two.Administration.Password }).OpenAsync(CancellationToken.None));

        Assert.Equal(ErrorTable.DatabaseAuthenticationFailed, e.Code);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(one.PointerFolder, "cluster.secrets.json")));
        string data = (await one.GetStateAsync(CancellationToken.None)).DataFolder!;
        string log = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(data)!, "log", "server.log"));
        Assert.DoesNotContain(one.Administration.Password!.Reveal(), log, StringComparison.Ordinal);
        Assert.DoesNotContain("SCRAM-SHA-256$", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_a_shell_would_misread_is_no_trouble()
    {
        await using var folder = new ClusterFolder();

        ClusterState state = await folder.StartAsync("it's $HOME `id` \"quoted\" & long " + new string('x', 120));

        Assert.True(state.IsRunning);
    }

    [Fact]
    public async Task Removing_leaves_neither_server_nor_data_nor_pointer()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        ClusterState state = await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);

        ClusterState removed = await cluster.RemoveAsync(CancellationToken.None);
        ClusterState removedTwice = await cluster.RemoveAsync(CancellationToken.None);

        Assert.Equal((ClusterStatus.Missing, true), (removed.Status, removed.Changed));
        Assert.Equal((ClusterStatus.Missing, false), (removedTwice.Status, removedTwice.Changed));
        Assert.False(Directory.Exists(Path.GetDirectoryName(state.DataFolder)));
        Assert.False(Directory.Exists(cluster.PointerFolder));
        Assert.Null(ServerProcess.Find(state.DataFolder!));
        Assert.True(LoopbackPort.IsFree(state.Port));
    }

    [Fact]
    public async Task A_cluster_that_was_never_started_is_missing_and_says_how_to_start_it()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();

        DeployException e = Assert.Throws<DeployException>(() => cluster.Application);

        Assert.Equal(ErrorTable.ClusterNotCreated, e.Code);
        Assert.Equal(ClusterStatus.Missing, (await cluster.GetStateAsync(CancellationToken.None)).Status);
        Assert.Equal(ClusterStatus.Missing, (await cluster.StopAsync(CancellationToken.None)).Status);
        Assert.False(Directory.Exists(cluster.PointerFolder));
    }

    [Fact]
    public async Task A_stop_ends_sessions_that_are_in_a_transaction()
    {
        await using var folder = new ClusterFolder();
        PostgresCluster cluster = folder.At();
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        await using Npgsql.NpgsqlConnection session = await cluster.Application.OpenAsync(CancellationToken.None);
        await using Npgsql.NpgsqlTransaction open = await session.BeginTransactionAsync();

        ClusterState stopped = await cluster.StopAsync(CancellationToken.None);

        Assert.Equal(ClusterStatus.Stopped, stopped.Status);
    }
}
