using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class MigrationInterruptionTests : MigrationTest
{
    private const string Sleeping = "select pid::text from pg_stat_activity where datname = current_database() and query like '%pg_sleep(600)%' and state = 'active' and pid <> pg_backend_pid()";

    [Fact]
    public async Task A_cancelled_migration_is_rolled_back_its_lock_is_free_and_its_backend_is_gone()
    {
        Write("1_long.sql", "create table a (id int);\nselect pg_sleep(600);");
        using var cancellation = new CancellationTokenSource();
        Task<MigrationRun> run = ApplyAsync(cancellation.Token);
        await UntilAsync(Sleeping, rows => rows.Length == 1);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Empty(await QueryAsync(Sleeping));
        Assert.Empty(await QueryAsync("select version from supabase_migrations.schema_migrations"));
        Assert.Empty(await QueryAsync("select tablename::text from pg_tables where schemaname = 'public'"));
        Assert.Null(await DeploymentLock.FindOwnerAsync(Database.Application, default));
    }

    [Fact]
    public async Task A_session_that_the_server_ends_leaves_nothing_behind()
    {
        Write("1_long.sql", "create table a (id int);\nselect pg_sleep(600);");
        Task<MigrationRun> run = ApplyAsync();
        await UntilAsync(Sleeping, rows => rows.Length == 1);

        await ExecuteAsync($"select pg_terminate_backend(pid::int) from ({Sleeping}) s");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => run);
        Assert.Equal(ErrorTable.MigrationFailed, e.Code);
        Assert.Contains("1_long.sql", e.Message, StringComparison.Ordinal);
        Assert.Empty(await QueryAsync("select tablename::text from pg_tables where schemaname = 'public'"));
        Assert.Null(await DeploymentLock.FindOwnerAsync(Database.Application, default));
    }

    [Fact]
    public async Task What_a_killed_process_left_running_on_the_server_is_ended_before_the_history_is_read()
    {
        Write("1_table.sql", "create table a (id int)");
        await CreateHistoryAsync();
        await using NpgsqlConnection orphan = await Database.Application.OpenAsync(default, "supabase-deploy migrations");
        await using var begin = new NpgsqlCommand("begin; insert into supabase_migrations.schema_migrations (version) values ('1')", orphan);
        await begin.ExecuteNonQueryAsync();

        MigrationRun run = await ApplyAsync();

        Assert.Equal(["1"], run.Applied.Select(migration => migration.Version));
        Assert.Contains(Sink.Events.OfType<Notice>(), notice => notice.Message == "Ended 1 database session of a migration whose process was killed.");
    }

    [Fact]
    public async Task A_role_that_may_not_read_the_history_is_told_so()
    {
        await CreateHistoryAsync();
        await ExecuteAsync("drop role if exists reader_only; create role reader_only login password 'x'");
        MigrationRequest request = Request with { Database = Database.Application with { User = "reader_only", Password = new Secret("x") } };

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => new MigrationRunner().PlanAsync(request, Sink, default));

        Assert.Equal(ErrorTable.MigrationHistoryInaccessible, e.Code);
        await ExecuteAsync("drop role reader_only");
    }

    [Fact]
    public async Task Two_runners_at_once_run_each_file_once()
    {
        Write("1_table.sql", "create table a (id int)");
        Write("2_row.sql", "insert into a values (1)");
        MigrationRequest patient = Request with { LockWait = TimeSpan.FromMinutes(1) };

        MigrationRun[] runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => new MigrationRunner().ApplyAsync(patient, Sink, default))));

        Assert.Equal([0, 0, 0, 2], runs.Select(run => run.Applied.Count).Order());
        Assert.All(runs, run => Assert.Equal(("2", 2), (run.Version, run.Total)));
        Assert.Equal(["1"], await QueryAsync("select count(*)::text from a"));
    }

    [Fact]
    public async Task A_runner_that_may_not_wait_says_who_is_at_work()
    {
        await using DeploymentLock held = await DeploymentLock.AcquireAsync(Database.Application, "publish abc to production", TimeSpan.Zero, NullProgressSink.Instance, default);
        Write("1_table.sql", "create table a (id int)");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ApplyAsync());

        Assert.Equal(ErrorTable.DeploymentLockHeld, e.Code);
        Assert.Contains("publish abc to production", e.Message, StringComparison.Ordinal);
        MigrationRun run = await new MigrationRunner().ApplyAsync(Request with { HeldLock = held }, Sink, default);
        Assert.Equal(1, run.Total);
        await held.EnsureHeldAsync(default);
    }

    [Fact]
    public async Task A_runner_that_does_not_know_the_lock_cannot_run_the_same_file_meanwhile()
    {
        Write("1_table.sql", "insert into ran values (1)");
        await ExecuteAsync("create table ran (id int)");
        await CreateHistoryAsync();
        await using NpgsqlConnection other = await Database.Application.OpenAsync(default);
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand("insert into supabase_migrations.schema_migrations values ('1', null, 'table')", other, transaction);
        await insert.ExecuteNonQueryAsync();
        Task<MigrationRun> run = ApplyAsync();
        await UntilAsync("select pid::text from pg_locks where not granted and locktype = 'transactionid'", rows => rows.Length == 1);

        await transaction.CommitAsync();

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => run);
        Assert.Equal(ErrorTable.MigrationHistoryMismatch, e.Code);
        Assert.Equal("'1_table.sql' was recorded by another program while this one ran. Nothing of this file was kept.", e.Message);
        Assert.Empty(await QueryAsync("select id::text from ran"));
    }

    private Task CreateHistoryAsync() => ExecuteAsync(
        """
        create schema supabase_migrations;
        create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
        """);
}
