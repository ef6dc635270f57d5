using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>Files whose statements cannot share a transaction: what is kept, what is remembered, and that they can be run again.</summary>
public sealed class OutsideTransactionTests : MigrationTest
{
    private const string Indexes = "select c.relname || case when i.indisvalid then '' else ' invalid' end from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace = 'public'::regnamespace order by 1";

    [Fact]
    public async Task An_invalid_index_that_a_failed_attempt_left_is_dropped_before_the_next()
    {
        await ExecuteAsync("create table a (id int); insert into a values (1), (1); create table b (id int); create index ix on b (id)");
        Write("1_a.sql", "create unique index concurrently \"Ix\" on public . a (id)");

        DeployException e = await FailAsync();
        Assert.Contains("(SQLSTATE 23505)", e.Message, StringComparison.Ordinal);
        Assert.Equal(["Ix invalid", "ix"], await QueryAsync(Indexes));

        await ExecuteAsync("delete from a where ctid = '(0,1)'");
        await ApplyAsync();

        Assert.Equal(["Ix", "ix"], await QueryAsync(Indexes));
        Assert.Contains(Sink.Events.OfType<Notice>(), notice => notice.Message == "Dropping the invalid index '\"Ix\"', which an earlier attempt left.");
        Assert.Equal(["1"], await QueryAsync("select version from supabase_migrations.schema_migrations"));
    }

    [Fact]
    public async Task An_index_that_the_server_names_leaves_no_invalid_one_behind_in_the_end()
    {
        await ExecuteAsync("create table a (id int, other int); insert into a values (1, 1), (1, 2)");
        Write("1_a.sql", "create unique index concurrently on a (id)");
        await FailAsync();
        await FailAsync();
        Assert.Equal(["a_id_idx invalid", "a_id_idx1 invalid"], await QueryAsync(Indexes));

        await ExecuteAsync("delete from a where other = 2");
        await ApplyAsync();

        Assert.Equal(["a_id_idx2"], await QueryAsync(Indexes));
    }

    [Fact]
    public async Task An_invalid_index_of_another_table_or_another_name_is_left_alone()
    {
        await ExecuteAsync("create table a (id int); insert into a values (1), (1)");
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync("create unique index concurrently someones on a (id)"));
        Write("1_a.sql", "create index concurrently ix on a (id)");

        await ApplyAsync();

        Assert.Equal(["ix", "someones invalid"], await QueryAsync(Indexes));
    }

    [Fact]
    public async Task What_a_failed_REINDEX_left_is_dropped_before_the_next()
    {
        await ExecuteAsync("create table a (id int); create index ix on a (id); insert into a values (1), (1)");
        await ExecuteAsync("create index ix_ccnew on a (id)");
        await AdministerAsync("update pg_index set indisvalid = false where indexrelid = 'public.ix_ccnew'::regclass");
        Write("1_a.sql", "reindex (verbose) table concurrently a");

        await ApplyAsync();

        Assert.Equal(["ix"], await QueryAsync(Indexes));
        Assert.Contains(Sink.Events.OfType<Notice>(), notice => notice.Message.StartsWith("Dropping the invalid index 'ix_ccnew'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_several_statements_those_that_ran_are_not_run_again()
    {
        await ExecuteAsync("create table a (id int); create index old on a (id); insert into a values (1), (1)");
        Write("1_a.sql", "drop index concurrently old;\ncreate index concurrently ix on a (id);\ncreate unique index concurrently iy on a (id);");

        DeployException e = await FailAsync();

        Assert.EndsWith("2 of its 3 statements were kept, and the file is not recorded as applied. The next run goes on with this statement.", e.Message, StringComparison.Ordinal);
        Assert.Empty(await QueryAsync("select version from supabase_migrations.schema_migrations"));
        await ExecuteAsync("delete from a where ctid = '(0,1)'");
        await ApplyAsync();

        Assert.Equal(["ix", "iy"], await QueryAsync(Indexes));
        Assert.Equal(["3"], await QueryAsync("select cardinality(statements)::text from supabase_migrations.schema_migrations"));
        Assert.Empty(await QueryAsync("select version from supabase_migrations.unfinished_files"));
        Assert.Contains(Sink.Events.OfType<Notice>(), notice => notice.Message == "'1_a.sql' was begun before: going on behind its first 2 statements, which ran then.");
    }

    [Fact]
    public async Task A_file_of_ordinary_statements_outside_a_transaction_goes_on_where_it_failed_with_its_settings()
    {
        Write("1_a.sql", "-- pg-delta: transaction=false\ncreate schema s;\nset search_path = s;\ncreate table t (id int);\ninsert into t values (1);\ninsert into missing values (1);");
        await FailAsync();
        await ExecuteAsync("create table s.missing (id int)");

        await ApplyAsync();

        Assert.Equal(["1 1"], await QueryAsync("select (select count(*) from s.t) || ' ' || (select count(*) from s.missing)"));
    }

    [Fact]
    public async Task A_statement_that_ran_and_was_changed_afterwards_is_refused()
    {
        Write("1_a.sql", "-- pg-delta: transaction=false\ncreate table t (id int);\nselect 1/0;");
        await FailAsync();
        Write("1_a.sql", "-- pg-delta: transaction=false\ncreate table t (id bigint);\nselect 1;");

        DeployException e = await FailAsync();

        Assert.Equal(ErrorTable.UnfinishedMigrationChanged, e.Code);
        Assert.Contains("its statement 1 ran in another form than it has now", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_that_is_there_just_so_is_not_built_again_and_a_different_one_is_an_error()
    {
        await ExecuteAsync("create table a (id int, name text); create index ix on a (lower(name)) where id > 0");
        Write("1_a.sql", "create index concurrently ix on a using btree (lower(name)) where (id > 0);");

        await ApplyAsync();

        Assert.Contains(Sink.Events.OfType<Notice>(), notice => notice.Message == "'1_a.sql', line 1: index 'ix' is there already with this definition, and is not built again.");
        Write("2_b.sql", "create index concurrently ix on a (lower(name)) where id > 1;");
        Assert.Contains("already exists (SQLSTATE 42P07)", (await FailAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("call p()")]
    [InlineData("do $$ begin insert into t values (1); commit; insert into t values (2); end $$")]
    public async Task Code_that_commits_is_told_where_it_can_run_and_runs_there(string statement)
    {
        await ExecuteAsync("create table t (id int); create procedure p() language plpgsql as $$ begin insert into t values (1); commit; insert into t values (2); end $$");
        Write("1_a.sql", statement);

        DeployException e = await FailAsync();
        Assert.Contains("(SQLSTATE 2D000)", e.Message, StringComparison.Ordinal);
        Assert.Equal("Put the statement into a migration file of its own whose first line is '-- pg-delta: transaction=false'.", e.Remedy);
        Assert.Empty(await QueryAsync("select id::text from t"));

        Write("1_a.sql", "-- pg-delta: transaction=false\n" + statement);
        await ApplyAsync();
        Assert.Equal(["1", "2"], await QueryAsync("select id::text from t order by 1"));
    }

    [Fact]
    public async Task A_cancelled_COPY_outside_a_transaction_keeps_none_of_its_rows()
    {
        await ExecuteAsync("create table a (id int)");
        await ExecuteAsync("create function stop() returns trigger language plpgsql as $$ begin if new.id = 5000 then perform pg_sleep(60); end if; return new; end $$; create trigger stop before insert on a for each row execute function stop()");
        Write("1_a.sql", "-- pg-delta: transaction=false\nCOPY a (id) FROM stdin;\n" + string.Concat(Enumerable.Range(1, 400_000).Select(i => $"{i}\n")) + "\\.\n");
        using var cancellation = new CancellationTokenSource();
        Task<SupabaseDeploy.Migrations.MigrationRun> run = ApplyAsync(cancellation.Token);
        await UntilAsync("select 'x' from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'", rows => rows.Length == 1);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(["0"], await QueryAsync("select count(*)::text from a"));
        Assert.Empty(await QueryAsync("select version from supabase_migrations.schema_migrations"));
    }

    private Task<DeployException> FailAsync() => Assert.ThrowsAsync<DeployException>(() => ApplyAsync());

    private async Task AdministerAsync(string sql)
    {
        await using NpgsqlConnection connection = await Database.Administration.OpenAsync(default);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
