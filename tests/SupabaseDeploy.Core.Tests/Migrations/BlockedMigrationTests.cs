using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>Others hold what a migration needs: time limits, another try, and who it is.</summary>
public sealed class BlockedMigrationTests : MigrationTest
{
    [Fact]
    public async Task A_file_that_waits_too_long_for_a_lock_is_tried_again_and_says_who_blocks()
    {
        await ExecuteAsync("create table a (id int)");
        Write("1_a.sql", "create table b (id int);\nalter table a add column name text;");
        await using NpgsqlConnection blocker = await BlockAsync("lock table a");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => RunAsync(new() { LockTimeout = TimeSpan.FromMilliseconds(400), Retries = 1 }));

        string who = $"process {blocker.ProcessID} (user 'postgres', application 'a shell' from 127.0.0.1), idle in transaction since ";
        Assert.Equal(ErrorTable.MigrationFailed, e.Code);
        Assert.Contains("'1_a.sql' failed at line 2, column 1: canceling statement due to lock timeout (SQLSTATE 55P03)", e.Message, StringComparison.Ordinal);
        Assert.Contains("\nTried 2 times.\nBlocked by " + who, e.Message, StringComparison.Ordinal);
        Assert.EndsWith(" UTC: lock table a", e.Message, StringComparison.Ordinal);
        Assert.StartsWith("Wait until the session that holds the lock is done", e.Remedy, StringComparison.Ordinal);
        Assert.Contains(Sink.Events.OfType<Notice>(), notice => notice.Message.StartsWith("'1_a.sql' waits for " + who, StringComparison.Ordinal));
        Assert.Empty(await QueryAsync("select 'b' from pg_tables where tablename = 'b'"));
    }

    [Fact]
    public async Task A_file_is_applied_once_the_blocker_is_done()
    {
        await ExecuteAsync("create table a (id int)");
        Write("1_a.sql", "insert into a values (1);\nalter table a add column name text;");
        await using NpgsqlConnection blocker = await BlockAsync("select from a");
        Task<MigrationRun> run = RunAsync(new() { LockTimeout = TimeSpan.FromMilliseconds(100), Retries = 100 });
        await Wait.UntilAsync(() => Sink.Events.OfType<Notice>().Any(notice => notice.Message.StartsWith("'1_a.sql' was rolled back: ", StringComparison.Ordinal)));

        await blocker.CloseAsync();

        Assert.Equal(["1"], (await run).Applied.Select(migration => migration.Version));
        Assert.Equal(["1"], await QueryAsync("select count(*)::text from a"));
    }

    [Fact]
    public async Task A_serialization_failure_is_tried_again()
    {
        await ExecuteAsync("create sequence tries");
        Write("1_a.sql", "do $$ begin if nextval('tries') < 3 then raise exception 'lost' using errcode = '40001'; end if; end $$");

        MigrationRun run = await RunAsync(new() { Retries = 2 });

        Assert.Single(run.Applied);
        Assert.Equal(["3"], await QueryAsync("select last_value::text from tries"));
    }

    [Fact]
    public async Task What_the_file_itself_sets_goes_before_the_time_limits_of_the_environment()
    {
        Write("1_a.sql", "create table seen as select current_setting('lock_timeout') l, current_setting('statement_timeout') s;");
        Write("2_b.sql", "set lock_timeout = '1min'; insert into seen select current_setting('lock_timeout'), current_setting('statement_timeout');");
        Write("3_c.sql", "select pg_sleep(60)");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => RunAsync(new() { LockTimeout = TimeSpan.FromSeconds(2), StatementTimeout = TimeSpan.FromSeconds(3) }));

        Assert.Contains("canceling statement due to statement timeout (SQLSTATE 57014)", e.Message, StringComparison.Ordinal);
        Assert.Equal(["1min 3s", "2s 3s"], await QueryAsync("select l || ' ' || s from seen order by 1"));
    }

    [Fact]
    public async Task An_index_that_is_built_concurrently_waits_for_others_as_long_as_it_takes()
    {
        await ExecuteAsync("create table a (id int)");
        Write("1_a.sql", "create index concurrently ix on a (id)");
        await using NpgsqlConnection blocker = await BlockAsync("insert into a values (1)");
        Task<MigrationRun> run = RunAsync(new() { LockTimeout = TimeSpan.FromMilliseconds(50), Retries = 0 });
        await Wait.UntilAsync(() => Sink.Events.OfType<Notice>().Any(notice => notice.Message.StartsWith("'1_a.sql' waits for ", StringComparison.Ordinal)));

        await blocker.CloseAsync();

        Assert.Single((await run).Applied);
    }

    private Task<MigrationRun> RunAsync(MigrationSettings settings) => new MigrationRunner().ApplyAsync(Request with { Settings = settings }, Sink, default);

    private async Task<NpgsqlConnection> BlockAsync(string sql)
    {
        NpgsqlConnection connection = await Database.Application.OpenAsync(default, "a shell");
        await using var command = new NpgsqlCommand($"begin; {sql}", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }
}
