using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class MigrationRunnerTests : MigrationTest
{
    [Fact]
    public async Task Pending_files_are_applied_once_and_the_history_holds_their_statements()
    {
        Write("1_first.sql", "create table a (id int);\ninsert into a values (1);");
        Write("2_second.sql", "-- why\ninsert into a values (2)");

        MigrationRun run = await ApplyAsync();

        Assert.Equal(["1", "2"], run.Applied.Select(migration => migration.Version));
        Assert.Equal(("2", 2, true), (run.Version, run.Total, run.Changed));
        Assert.Equal(
            ["1|first|{\"create table a (id int)\",\"insert into a values (1)\"}", "2|second|{\"-- why\ninsert into a values (2)\"}"],
            await QueryAsync("select version || '|' || name || '|' || statements::text from supabase_migrations.schema_migrations order by 1"));

        MigrationRun again = await ApplyAsync();
        Assert.Empty(again.Applied);
        Assert.Equal(("2", 2, false), (again.Version, again.Total, again.Changed));
        Assert.Equal(["1", "2"], await QueryAsync("select id::text from a order by 1"));
    }

    [Fact]
    public async Task A_history_that_another_tool_wrote_is_read_by_its_named_columns()
    {
        await ExecuteAsync(
            """
            create schema supabase_migrations;
            create table supabase_migrations.schema_migrations (version text primary key, created_by text, name text);
            insert into supabase_migrations.schema_migrations values ('1', 'x', 'first');
            """);
        Write("1_first.sql", "select 1/0;");
        Write("2_second.sql", "select 1");

        MigrationRun run = await ApplyAsync();

        Assert.Equal(["2"], run.Applied.Select(migration => migration.Version));
    }

    [Fact]
    public async Task A_failing_file_leaves_nothing_and_the_ones_before_it_stay()
    {
        Write("1_good.sql", "create table a (id int)");
        Write("2_bad.sql", "create table b (id int); select * from missing;");
        Write("3_never.sql", "create table c (id int)");

        await Assert.ThrowsAsync<DeployException>(() => ApplyAsync());

        Assert.Equal(["1"], await QueryAsync("select version from supabase_migrations.schema_migrations"));
        Assert.Equal(["a"], await QueryAsync("select tablename::text from pg_tables where schemaname = 'public'"));
        Assert.Null(await DeploymentLock.FindOwnerAsync(Database.Application, default));
        Write("2_bad.sql", "create table b (id int)");
        Assert.Equal(["2", "3"], (await ApplyAsync()).Applied.Select(migration => migration.Version));
    }

    [Fact]
    public async Task Nothing_runs_when_a_later_file_is_refused()
    {
        Write("1_good.sql", "create table a (id int)");
        Write("2_bad.sql", "select 1; commit; begin; select 2");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ApplyAsync());

        Assert.Equal(ErrorTable.MigrationRefused, e.Code);
        Assert.Empty(await QueryAsync("select tablename::text from pg_tables where schemaname = 'public'"));
    }

    [Fact]
    public async Task A_file_gets_a_real_transaction_and_a_fresh_session()
    {
        Write("1_first.sql", "create table a (id int);\nset search_path = '';\nset role anon;");
        Write("2_second.sql", "lock table a; savepoint s; create temporary table t on commit drop as select 1; set local work_mem = '8MB'; release s; insert into a values (1)");
        Write("3_own.sql", "set statement_timeout = 0; begin; insert into a values (2); commit; notify pgrst, 'reload schema';");
        Write("4_concurrently.sql", "-- big table\ncreate index concurrently ix on a (id);");
        Write("5_directive.sql", "-- pg-delta: transaction=false\ncreate table b (id int); create index concurrently iy on b (id);");
        Write("6_empty.sql", "");
        Write("7_comment.sql", "-- nothing to do\n");
        Write("8_role.sql", "set role anon;");

        MigrationRun run = await ApplyAsync();

        Assert.Equal(8, run.Total);
        Assert.Equal(["1", "2"], await QueryAsync("select id::text from public.a order by 1"));
        Assert.Equal(["ix", "iy"], await QueryAsync("select indexname::text from pg_indexes where schemaname = 'public' order by 1"));
    }

    [Fact]
    public async Task Statements_outside_a_transaction_say_what_was_kept_when_one_fails()
    {
        Write("1_a.sql", "-- pg-delta: transaction=false\ncreate table b (id int);\ncreate index concurrently iy on b (missing);");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ApplyAsync());

        Assert.Contains("1 of its 2 statements were kept, and the file is not recorded as applied.", e.Message, StringComparison.Ordinal);
        Assert.Empty(await QueryAsync("select version from supabase_migrations.schema_migrations"));
    }

    [Fact]
    public async Task Inline_rows_of_a_COPY_are_loaded()
    {
        Write("1_copy.sql", "create table a (id int, name text);\nCOPY a (id, name) FROM stdin;\n1\tsemi;colon\n2\tit's\n\\.\ninsert into a values (3, 'after');");

        await ApplyAsync();

        Assert.Equal(["semi;colon", "it's", "after"], await QueryAsync("select name from a order by id"));
    }

    [Fact]
    public async Task A_wrong_row_of_a_COPY_rolls_the_file_back()
    {
        Write("1_copy.sql", "create table a (id int);\n-- rows\nCOPY a (id) FROM stdin;\nx\n\\.\n");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ApplyAsync());

        Assert.Contains("at line 3, column 1: invalid input syntax for type integer: \"x\"", e.Message, StringComparison.Ordinal);
        Assert.Empty(await QueryAsync("select tablename::text from pg_tables where schemaname = 'public'"));
    }

    [Fact]
    public async Task A_pending_file_older_than_the_newest_applied_one_is_refused()
    {
        Write("2_second.sql", "select 1");
        await ApplyAsync();
        Write("1_late.sql", "create table late (id int)");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ApplyAsync());

        Assert.Equal(ErrorTable.MigrationOutOfOrder, e.Code);
        Assert.Equal("'1_late.sql' would run after the newer version '2', which is applied already. Nothing was run.", e.Message);
    }

    [Fact]
    public async Task An_applied_version_without_a_file_is_a_warning()
    {
        Write("1_first.sql", "select 1");
        await ApplyAsync();
        File.Delete(Path.Combine(Folder.Path, "1_first.sql"));
        Write("2_second.sql", "select 1");

        MigrationRun run = await ApplyAsync();

        Assert.Equal(("2", 2), (run.Version, run.Total));
        Assert.StartsWith("1 applied migration has no file here: 1.", Assert.Single(Sink.Events.OfType<Caution>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_changes_the_history_is_noticed()
    {
        Write("1_first.sql", "delete from supabase_migrations.schema_migrations");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => ApplyAsync());

        Assert.Equal(ErrorTable.MigrationHistoryMismatch, e.Code);
        Assert.Contains("version 1 is not recorded", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_changes_nothing_and_names_what_is_pending()
    {
        Write("1_first.sql", "create table a (id int)");

        IReadOnlyList<MigrationFile> pending = await new MigrationRunner().PlanAsync(Request, Sink, default);

        Assert.Equal(["1_first.sql"], pending.Select(file => file.FileName));
        Assert.Empty(await QueryAsync("select nspname::text from pg_namespace where nspname = 'supabase_migrations'"));
    }

    [Fact]
    public async Task Progress_names_the_file_and_how_far_it_is()
    {
        Write("1_first.sql", "select 1");
        Write("2_second.sql", "select 1");

        await ApplyAsync();

        ActivityProgress[] progress = [.. Sink.Events.OfType<ActivityProgress>()];
        Assert.Equal(["Applying migrations: 1_first.sql (1 of 2)", "Applying migrations: 2_second.sql (2 of 2)"], progress.Select(step => $"{step.Status}: {step.Operation}"));
        Assert.Equal([0, 50], progress.Select(step => step.Percent));
        Assert.Single(Sink.Events.OfType<ActivityCompleted>());
    }

    [Fact]
    public async Task A_thousand_files_are_applied_in_order()
    {
        Write("0000_table.sql", "create table a (id int primary key, previous int references a)");
        for (int i = 1; i < 1000; i++)
        {
            Write($"{i:0000}_row.sql", i == 1 ? "insert into a values (1)" : $"insert into a values ({i}, {i - 1})");
        }

        MigrationRun run = await ApplyAsync();

        Assert.Equal(("0999", 1000), (run.Version, run.Total));
        Assert.Equal(["999"], await QueryAsync("select count(*)::text from a"));
    }
}
