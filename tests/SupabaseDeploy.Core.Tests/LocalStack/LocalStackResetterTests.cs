using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class LocalStackResetterTests
{
    private const string Courses = "select string_agg(name, ',' order by id) from courses";

    [Fact]
    public async Task A_reset_gives_a_migrated_and_seeded_database_at_the_same_address_and_the_second_one_copies_it()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        await project.MigrateAsync();
        await project.ExecuteAsync("insert into courses values (2, 'mine'); create role stray nologin; create table junk (id int);");
        await project.ExecuteAsync("alter system set work_mem = '7MB'", project.Cluster.Administration);
        DatabaseAddress before = project.Database;

        LocalStackReset first = await project.ResetAsync();

        Assert.Equal(("1", 1, 0), (first.Version, first.Total, first.FromCache));
        Assert.Equal(["supabase/seed.sql"], first.Seeds);
        Assert.Equal(before, project.Database);
        Assert.Equal("Algebra", await project.QueryAsync<string>(Courses));
        Assert.Equal(0L, await project.QueryAsync<long>("select (select count(*) from pg_roles where rolname = 'stray') + (select count(*) from pg_tables where tablename = 'junk')"));
        Assert.Equal("7MB|on", await project.QueryAsync<string>("select current_setting('work_mem') || '|' || current_setting('fsync')"));
        Assert.False((await project.MigrateAsync()).Changed);

        await project.ExecuteAsync("insert into courses values (3, 'mine again')");
        LocalStackReset second = await project.ResetAsync();

        Assert.Equal(2, second.FromCache);
        Assert.Equal("Algebra", await project.QueryAsync<string>(Courses));
        Assert.InRange(second.Downtime, TimeSpan.Zero, second.Duration);
        Assert.Empty(project.Leftovers());
        Assert.Null(await DeploymentLock.FindOwnerAsync(project.Database, CancellationToken.None));
    }

    [Fact]
    public async Task Without_migrations_in_config_toml_a_reset_applies_none_as_the_CLI_does()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        project.Write("config.toml", "[db.migrations]\nenabled = false\n[db.seed]\nsql_paths = [\"./own.sql\"]\n");
        project.Write("own.sql", "create table own (id int);");
        var sink = new CollectingSink();

        LocalStackReset reset = await project.ResetAsync(sink);

        Assert.Equal((null, 0), (reset.Version, reset.Total));
        Assert.Equal(["supabase/own.sql"], reset.Seeds);
        Assert.Equal("own", await project.QueryAsync<string>("select string_agg(tablename, ',') from pg_tables where schemaname = 'public'"));
        Assert.Contains(sink.Events.OfType<Notice>(), notice => notice.Message.Contains("db.migrations.enabled = false", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_ledger_goes_on_and_says_that_the_database_was_reset()
    {
        await using ResetProject project = await ResetProject.StartAsync();

        await project.ResetAsync();
        await project.ResetAsync();

        IReadOnlyList<Deployment> ledger = await project.LedgerAsync();
        Assert.Equal(
            [(1, DeploymentKind.Reset, DeploymentStatus.Succeeded, true), (2, DeploymentKind.Reset, DeploymentStatus.Succeeded, true)],
            ledger.Select(deployment => (deployment.Number!.Value, deployment.Kind, deployment.Status, deployment.Changed)));
        Assert.Contains("1 migration and 1 seed", ledger[1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ledger_knows_the_schema_of_the_files_as_they_are_now_read_or_kept_with_the_snapshot()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        await project.ResetAsync();
        string first = await project.RecordedFingerprintAsync();
        Assert.Equal(await project.FingerprintAsync(), first);

        Assert.Equal(2, (await project.ResetAsync()).FromCache);
        Assert.Equal(first, await project.RecordedFingerprintAsync());

        project.Write("migrations/1_courses.sql", "create role course_reader nologin; create table courses (id int primary key, name text, credits int);");
        await project.ResetAsync();
        Assert.NotEqual(first, await project.RecordedFingerprintAsync());
        Assert.Equal(await project.FingerprintAsync(), await project.RecordedFingerprintAsync());
    }

    [Fact]
    public async Task The_plan_says_what_is_made_and_what_is_lost_and_changes_nothing()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        await project.MigrateAsync();
        await project.ExecuteAsync("insert into courses select n, 'mine' from generate_series(10, 12) n; select pg_stat_force_next_flush()");
        // A session counts what it wrote when it ends, which is after its client has gone on.
        await Wait.UntilAsync(() => project.QueryAsync<bool>(
            "select not exists (select from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid())"));
        await project.ExecuteAsync("analyze courses");
        await project.ExecuteAsync("create database scratch", project.Cluster.Administration);

        ResetPlan plan = await project.Resetter.PlanAsync(project.Request, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(
            "Replace the database by a new one with 1 migration and 1 seed. This loses the rows of public.courses (4 rows). It also loses database scratch.",
            plan.ToString());
        Assert.Equal("Algebra,mine,mine,mine", await project.QueryAsync<string>(Courses));
        Assert.Empty(await project.LedgerAsync());
    }

    [Fact]
    public async Task A_reset_to_a_version_stops_there_and_seeds_can_be_left_out()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        project.Write("migrations/2_broken.sql", "select 1/0;");
        ResetRequest first = project.Request with { To = "1", IncludeSeed = false };

        LocalStackReset reset = await project.Resetter.ResetAsync(first, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(("1", 1), (reset.Version, reset.Total));
        Assert.Equal(0L, await project.QueryAsync<long>("select count(*) from courses"));
        DeployException unknown = await Assert.ThrowsAsync<DeployException>(
            () => project.Resetter.ResetAsync(first with { To = "7" }, NullProgressSink.Instance, CancellationToken.None));
        Assert.Equal(ErrorTable.ResetVersionUnknown, unknown.Code);
    }

    [Fact]
    public async Task A_file_that_does_not_apply_leaves_the_database_as_it_is()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        await project.MigrateAsync();
        project.Write("migrations/2_broken.sql", "select 1/0;");

        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => project.ResetAsync());

        Assert.Equal(ErrorTable.ShadowNotBuilt, failure.Code);
        Assert.Equal("Algebra", await project.QueryAsync<string>(Courses));
        Assert.Empty(project.Leftovers());
        Assert.Null(await DeploymentLock.FindOwnerAsync(project.Database, CancellationToken.None));
    }

    [Fact]
    public async Task Whoever_migrates_is_not_disturbed()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        await using DeploymentLock held = await DeploymentLock.AcquireAsync(
            project.Database, "migrate local", TimeSpan.Zero, NullProgressSink.Instance, CancellationToken.None);

        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => project.ResetAsync());

        Assert.Equal(ErrorTable.DeploymentLockHeld, failure.Code);
        await held.EnsureHeldAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Two_resets_at_once_take_turns_and_sessions_of_the_old_database_end()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        await using NpgsqlConnection session = await project.Database.OpenAsync(CancellationToken.None);

        await Task.WhenAll(project.ResetAsync(), project.ResetAsync());

        Assert.Equal(2, (await project.LedgerAsync()).Count);
        await using var command = new NpgsqlCommand("select 1", session);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Stopped_before_the_exchange_nothing_has_changed()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        await project.MigrateAsync();
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => project.ResetAsync(new StoppingSink(stop, "Stopping the server for"), stop.Token));

        Assert.Equal("Algebra", await project.QueryAsync<string>(Courses));
        Assert.Empty(await project.LedgerAsync());
        await project.ResetAsync();
        Assert.Empty(project.Leftovers());
    }

    [Fact]
    public async Task Only_a_local_environment_whose_database_runs_is_reset()
    {
        await using ResetProject project = await ResetProject.StartAsync();
        DeploymentEnvironment elsewhere = project.Environment with { Target = TargetKind.Docker };
        Assert.Equal(ErrorTable.NotALocalEnvironment, (await Assert.ThrowsAsync<DeployException>(
            () => project.Resetter.ResetAsync(project.Request with { Environment = elsewhere }, NullProgressSink.Instance, CancellationToken.None))).Code);
        await project.Cluster.StopAsync(CancellationToken.None);
        Assert.Equal(ErrorTable.LocalStackNotRunning, (await Assert.ThrowsAsync<DeployException>(() => project.ResetAsync())).Code);
    }

    /// <summary>Is a person who presses Ctrl+C at some moment.</summary>
    private sealed class StoppingSink(CancellationTokenSource stop, string at) : IProgressSink
    {
        public void Publish(DeployEvent deployEvent)
        {
            if (deployEvent is Detail detail && detail.Message.StartsWith(at, StringComparison.Ordinal))
            {
                stop.Cancel();
            }
        }
    }
}
