using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>Files with transactions of their own and work outside of them: run as authored, and never committed without a record.</summary>
public sealed class SeveralTransactionsTests : MigrationTest
{
    private const string Rows = "select id::text from public.a order by id";
    private const string Recorded = "select version || ' ' || cardinality(statements) from supabase_migrations.schema_migrations order by 1";
    private const string Remembered = "select version || ' ' || cardinality(statements) from supabase_migrations.unfinished_files order by 1";

    [Fact]
    public async Task All_of_it_runs_as_authored_and_is_recorded_once_with_every_statement()
    {
        Write(
            "1_a.sql",
            """
            -- before
            do $$ begin create table public.a (id int, tx text default pg_current_xact_id()::text); end; $$;
            insert into public.a values (1);
            set search_path = public;
            BEGIN;
            insert into a values (2);
            insert into a values (3);
            COMMIT;
            -- between
            set role anon;
            start transaction;
            set transaction isolation level serializable;
            reset role;
            insert into a values (4);
            end;
            create index concurrently on a (id);
            select 1;
            insert into a values (5);
            notify pgrst, 'reload schema';
            """);

        MigrationRun run = await ApplyAsync();

        Assert.Equal(["1"], run.Applied.Select(migration => migration.Version));
        Assert.Equal(["1", "2,3", "4", "5"], await QueryAsync("select string_agg(id::text, ',' order by id) from a group by tx order by min(id)"));
        Assert.Equal(["1 17"], await QueryAsync(Recorded));
        Assert.Equal(
            ["BEGIN", "COMMIT", "start transaction", "end", "notify pgrst, 'reload schema'"],
            await QueryAsync("select statements[i] from supabase_migrations.schema_migrations, unnest(array[4, 7, 9, 13, 17]) i order by i"));
        Assert.Empty(await QueryAsync(Remembered));
        Assert.Equal(["true"], await QueryAsync("select indisvalid::text from pg_index where indrelid = 'a'::regclass"));
    }

    [Fact]
    public async Task A_failure_keeps_the_transactions_before_it_and_the_next_run_continues_there_with_their_settings()
    {
        await ExecuteAsync("create table public.a (id int)");
        const string Begun = "create schema s;\nset search_path = s;\nBEGIN;\ninsert into public.a values (1);\nCOMMIT;\n";
        Write("1_a.sql", Begun + "\nBEGIN;\ninsert into public.a values (2);\nselect 1/0;\nCOMMIT;\n");
        Write("2_b.sql", "insert into public.a values (3)");

        DeployException e = await FailAsync();

        Assert.Equal(ErrorTable.MigrationFailed, e.Code);
        Assert.StartsWith("'1_a.sql' failed at line 9, column 1: division by zero (SQLSTATE 22012)", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            "\nIts first 5 statements (lines 1 to 5) were kept and are remembered, and the file is not recorded as applied. The next run continues at line 7.",
            e.Message,
            StringComparison.Ordinal);
        Assert.Equal(["1"], await QueryAsync(Rows));
        Assert.Empty(await QueryAsync(Recorded));
        Assert.Equal(["1 5"], await QueryAsync(Remembered));

        Write("1_a.sql", Begun + "\nBEGIN;\ncreate table t (id int);\nCOMMIT;\n");
        MigrationRun run = await ApplyAsync();

        Assert.Equal(["1", "2"], run.Applied.Select(migration => migration.Version));
        Assert.Equal(["1", "3"], await QueryAsync(Rows));
        Assert.Equal(["s"], await QueryAsync("select schemaname::text from pg_tables where tablename = 't'"));
        Assert.Equal(["1 8", "2 1"], await QueryAsync(Recorded));
        Assert.Empty(await QueryAsync(Remembered));
        Assert.Contains(Sink.Events.OfType<Notice>(), notice => notice.Message == "'1_a.sql' was begun before: going on behind its first 5 statements, which ran then.");
        Assert.All(await MigrationStatus.ReadAsync(Request.Environment, Database.Application, Sink, default), status => Assert.Equal(MigrationState.Applied, status.State));
    }

    [Fact]
    public async Task A_failure_of_the_first_transaction_keeps_nothing()
    {
        Write("1_a.sql", "create table public.a (id int);\nselect 1/0;\nbegin; insert into a values (1); commit;");

        Assert.EndsWith("\nNothing of this file was kept.", (await FailAsync()).Message, StringComparison.Ordinal);

        Assert.Empty(await QueryAsync("select tablename::text from pg_tables where schemaname = 'public'"));
        Assert.Empty(await QueryAsync(Remembered));
    }

    [Fact]
    public async Task A_failed_commit_and_a_statement_outside_a_transaction_say_what_was_kept()
    {
        Write("1_a.sql", "create table public.a (id int unique deferrable initially deferred);\nbegin;\ninsert into a values (1), (1);\ncommit;\nselect 1;");
        DeployException e = await FailAsync();
        Assert.StartsWith("'1_a.sql' failed at line 4, column 1: duplicate key", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("\nIts first statement (line 1) was kept and is remembered, and the file is not recorded as applied. The next run continues at line 2.", e.Message, StringComparison.Ordinal);

        Write("1_a.sql", "create table public.a (id int unique deferrable initially deferred);\nbegin;\ninsert into a values (1);\ncommit;\ncreate unique index concurrently ix on a ((id / 0));");
        e = await FailAsync();
        Assert.EndsWith("\nIts first 4 statements (lines 1 to 4) were kept and are remembered, and the file is not recorded as applied. The next run continues at line 5.", e.Message, StringComparison.Ordinal);

        Write("1_a.sql", "create table public.a (id int unique deferrable initially deferred);\nbegin;\ninsert into a values (1);\ncommit;\ncreate unique index concurrently ix on a ((id / 1));\n");
        await ApplyAsync();
        Assert.Equal(["1 5"], await QueryAsync(Recorded));
        Assert.Empty(await QueryAsync(Remembered));
    }

    [Theory]
    [InlineData("create table public.a (id int); insert into a values (1);", "1 2")]
    [InlineData("create table public.a (id int); begin; insert into a values (1); commit; vacuum;", "1 5")]
    [InlineData("create table public.a (id int); insert into a values (1); begin; commit;", "1 4")]
    public async Task What_was_begun_continues_whatever_its_end_became(string sql, string recorded)
    {
        Write("1_a.sql", "create table public.a (id int); begin; insert into a values (2); select 1/0; commit;");
        await FailAsync();
        Write("1_a.sql", sql);

        await ApplyAsync();

        Assert.Equal(["1"], await QueryAsync(Rows));
        Assert.Equal([recorded], await QueryAsync(Recorded));
        Assert.Empty(await QueryAsync(Remembered));
    }

    [Fact]
    public async Task A_file_cut_to_what_ran_is_only_recorded()
    {
        Write("1_a.sql", "begin; create table public.a (id int); commit; select 1/0;");
        await FailAsync();
        Write("1_a.sql", "begin; create table public.a (id int); commit;");

        await ApplyAsync();

        Assert.Equal(["1 3"], await QueryAsync(Recorded));
        Assert.Empty(await QueryAsync(Remembered));
    }

    [Fact]
    public async Task What_ran_and_was_changed_afterwards_is_refused()
    {
        Write("1_a.sql", "begin; create table public.a (id int); commit; select 1/0;");
        await FailAsync();
        Write("1_a.sql", "begin; create table public.a (id bigint); commit;");

        DeployException e = await FailAsync();

        Assert.Equal(ErrorTable.UnfinishedMigrationChanged, e.Code);
        Assert.Equal("'1_a.sql' was begun before, and its statement 2 ran in another form than it has now. Nothing more was run.", e.Message);
        Assert.Equal(["1 3"], await QueryAsync(Remembered));
    }

    [Fact]
    public async Task What_something_else_recorded_is_whole()
    {
        Write("1_a.sql", "begin; create table public.a (id int); commit; select 1/0;");
        await FailAsync();
        await ExecuteAsync("insert into supabase_migrations.schema_migrations (version, name) values ('1', 'a')");

        await ApplyAsync();

        Assert.Empty(await QueryAsync(Remembered));
    }

    [Fact]
    public async Task Only_the_transaction_that_waited_is_tried_again()
    {
        await ExecuteAsync("create table public.a (id int); create table b (id int)");
        Write("1_a.sql", "insert into a values (1);\nbegin; insert into a values (2); alter table b add name text; commit;\ninsert into a values (3);");
        await using NpgsqlConnection blocker = await Database.Application.OpenAsync(default, "a shell");
        await using var reading = new NpgsqlCommand("begin; select from b", blocker);
        await reading.ExecuteNonQueryAsync();
        var settings = new MigrationSettings { LockTimeout = TimeSpan.FromMilliseconds(100), Retries = 100 };
        Task<MigrationRun> run = new MigrationRunner().ApplyAsync(Request with { Settings = settings }, Sink, default);
        await Wait.UntilAsync(() => Sink.Events.OfType<Notice>().Any(notice => notice.Message.StartsWith("A transaction of '1_a.sql' was rolled back: ", StringComparison.Ordinal)));

        await blocker.CloseAsync();

        Assert.Equal(["1"], (await run).Applied.Select(migration => migration.Version));
        Assert.Equal(["1", "2", "3"], await QueryAsync(Rows));
    }

    [Theory]
    [InlineData(false, "Its first statement (line 1) was kept and is remembered, and the file is not recorded as applied. The next run continues at line 2.")]
    [InlineData(true, "Its first 4 statements (lines 1 to 4) were kept and are remembered, and the file is not recorded as applied. The next run continues at line 5.")]
    public async Task A_connection_lost_between_transactions_says_what_was_kept_and_the_next_run_continues(bool reachesServer, string kept)
    {
        Write("1_a.sql", "create table public.a (id int);\nbegin;\ninsert into a /* cut here */ values (1);\ncommit;\ninsert into a values (2);");
        await using var proxy = new CuttingProxy(Database.Application, "cut here", reachesServer);
        MigrationRequest request = Request with { Database = proxy.Address };

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => new MigrationRunner().ApplyAsync(request, Sink, default));

        Assert.Equal(ErrorTable.MigrationConnectionLost, e.Code);
        Assert.EndsWith($"\nThe database was asked again. {kept}", e.Message, StringComparison.Ordinal);
        await new MigrationRunner().ApplyAsync(request, Sink, default);
        Assert.Equal(["1", "2"], await QueryAsync(Rows));
        Assert.Equal(["1 5"], await QueryAsync(Recorded));
    }

    [Fact]
    public async Task A_run_that_is_cancelled_between_transactions_continues()
    {
        Write("1_a.sql", "create table public.a (id int);\nbegin; insert into a values (1); commit;\nbegin; insert into a values (2); select pg_sleep(case count(*) when 2 then 600 else 0 end) from a; commit;");
        using var cancellation = new CancellationTokenSource();
        Task<MigrationRun> run = ApplyAsync(cancellation.Token);
        await UntilAsync("select pid::text from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'", rows => rows.Length == 1);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(["1"], await QueryAsync(Rows));
        await ExecuteAsync("insert into a values (3)");

        await ApplyAsync();

        Assert.Equal(["1", "2", "3"], await QueryAsync(Rows));
        Assert.Equal(["1 8"], await QueryAsync(Recorded));
    }

    [Fact]
    public async Task Two_runners_at_once_run_each_transaction_once()
    {
        Write("1_a.sql", "create table public.a (id int);\nbegin; insert into a values (1); commit;\nbegin; insert into a values (2); commit;");
        MigrationRequest patient = Request with { LockWait = TimeSpan.FromMinutes(1) };

        MigrationRun[] runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => new MigrationRunner().ApplyAsync(patient, Sink, default))));

        Assert.Equal([0, 0, 1], runs.Select(run => run.Applied.Count).Order());
        Assert.Equal(["1", "2"], await QueryAsync(Rows));
    }

    [Theory]
    [InlineData("supabase/seed.sql")]
    [InlineData("supabase/roles.sql")]
    public async Task Of_what_is_not_a_migration_several_transactions_are_refused_before_anything_runs(string file)
    {
        Write("1_a.sql", "create table public.a (id int)");
        Write(file, "begin; select 1; commit;\nselect 2;");

        DeployException e = await Assert.ThrowsAsync<DeployException>(
            () => new MigrationRunner().ApplyAsync(Request with { IncludeSeed = true, IncludeRoles = true }, Sink, default));

        Assert.Equal(ErrorTable.MigrationRefused, e.Code);
        Assert.Equal($"'{Path.GetFileName(file)}', line 2: 'select 2' is behind what is committed before it, and only a migration may have several transactions. Nothing was run.", e.Message);
        Assert.Empty(await QueryAsync("select tablename::text from pg_tables where schemaname = 'public'"));
    }

    [Fact]
    public async Task A_down_script_of_several_transactions_is_refused_before_anything_runs()
    {
        Write("1_a.sql", "create table public.a (id int)");
        Write("down/1_a.sql", "begin; delete from a; commit; begin; drop table a; commit;");
        await ApplyAsync();

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => new MigrationRunner().UndoAsync(Request, ["1"], Sink, default));

        Assert.Equal(ErrorTable.MigrationRefused, e.Code);
        Assert.Equal(["1 1"], await QueryAsync(Recorded));
    }

    private Task<DeployException> FailAsync() => Assert.ThrowsAsync<DeployException>(() => ApplyAsync());
}
