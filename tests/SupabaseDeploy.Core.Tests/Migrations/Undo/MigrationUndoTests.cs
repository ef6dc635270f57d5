using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations.Undo;

public sealed class MigrationUndoTests : MigrationTest
{
    [Fact]
    public async Task Migrations_are_taken_back_newest_first()
    {
        WriteThree();
        await ApplyAsync();

        MigrationRun run = await UndoAsync("2", "3");

        Assert.Equal(["3", "2"], run.Undone.Select(migration => migration.Version));
        Assert.Equal(("1", 1, true), (run.Version, run.Total, run.Changed));
        Assert.Equal(["a"], await TablesAsync());
        Assert.Equal(["2", "3"], (await ApplyAsync()).Applied.Select(migration => migration.Version));
    }

    [Fact]
    public async Task Nothing_runs_when_a_down_script_is_missing()
    {
        WriteThree();
        await ApplyAsync();

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => UndoAsync("3", "1", "9"));

        Assert.Equal(ErrorTable.MigrationNotUndoable, e.Code);
        Assert.Equal("The migrations cannot be undone: '1_a.sql' has no down script; '9' is not applied. Nothing was run.", e.Message);
        Assert.Equal(["a", "b", "c"], await TablesAsync());
    }

    [Fact]
    public async Task A_down_script_that_fails_leaves_its_migration_applied()
    {
        WriteThree();
        Write("down/2_b.sql", "drop table b; drop table missing;");
        await ApplyAsync();

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => UndoAsync("2", "3"));

        Assert.Contains("'2_b.sql' failed at line 1, column 1", e.Message, StringComparison.Ordinal);
        Assert.Equal(["1", "2"], await QueryAsync("select version from supabase_migrations.schema_migrations order by 1"));
        Assert.Equal(["a", "b"], await TablesAsync());
    }

    [Fact]
    public async Task What_a_down_script_outside_a_transaction_did_is_said_and_remembered_and_nothing_is_applied_on_top_of_it()
    {
        WriteThree();
        Write("down/3_c.sql", "-- pg-delta: transaction=false\ndrop table c;\ndrop table missing;");
        await ApplyAsync();

        DeployException failed = await Assert.ThrowsAsync<DeployException>(() => UndoAsync("3"));
        Write("4_d.sql", "create table d (id int)");
        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => ApplyAsync());
        DeployException planned = await Assert.ThrowsAsync<DeployException>(() => new MigrationRunner().PlanAsync(Request, Sink, default));

        Assert.Contains("1 of its 2 statements were kept, and the migration is still recorded as applied, although a part of it is undone.", failed.Message, StringComparison.Ordinal);
        Assert.Equal((ErrorTable.MigrationHalfUndone, ErrorTable.MigrationHalfUndone), (refused.Code, planned.Code));
        Assert.Contains("What ran of it: 3: 1 statement.", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["a", "b"], await TablesAsync());

        File.Delete(Path.Combine(Request.Folder, "4_d.sql"));
        Write("down/3_c.sql", "-- pg-delta: transaction=false\ndrop table c;\ndrop table if exists missing;");
        Assert.Equal("3", Assert.Single((await UndoAsync("3")).Undone).Version);
        Assert.Empty(await QueryAsync("select version from supabase_migrations.unfinished_files"));
        Assert.Equal("3", Assert.Single((await ApplyAsync()).Applied).Version);
        Assert.Equal(["a", "b", "c"], await TablesAsync());
    }

    [Fact]
    public async Task What_a_down_script_did_counts_for_nothing_once_the_version_was_applied_anew_by_something_else()
    {
        WriteThree();
        Write("down/3_c.sql", "-- pg-delta: transaction=false\ndrop table c;\ndrop table later;");
        await ApplyAsync();
        await Assert.ThrowsAsync<DeployException>(() => UndoAsync("3"));
        await QueryAsync(
            """
            delete from supabase_migrations.schema_migrations where version = '3';
            create table c (id int);
            create table later (id int);
            insert into supabase_migrations.schema_migrations (version, name, statements) values ('3', 'c', array['create table c (id int)']);
            select '1'
            """);

        await UndoAsync("3");

        Assert.Equal(["a", "b"], await TablesAsync());
    }

    [Fact]
    public async Task A_down_script_that_leaves_another_role_is_in_the_way_of_no_other()
    {
        WriteThree();
        Write("down/2_b.sql", "-- pg-delta: transaction=false\ndrop table b;");
        Write("down/3_c.sql", "drop table c;\nset role anon;");
        await ApplyAsync();

        Assert.Equal(["3", "2"], (await UndoAsync("2", "3")).Undone.Select(migration => migration.Version));
        Assert.Equal(["a"], await TablesAsync());
    }

    [Fact]
    public async Task A_connection_that_is_lost_before_a_down_script_begins_is_said_to_be_lost()
    {
        WriteThree();
        Write("down/3_c.sql", "-- pg-delta: transaction=false\ndrop table c;");
        await ApplyAsync();
        await using var proxy = new CuttingProxy(Database.Application, "select version || ' down '", reachesServer: false);

        DeployException lost = await Assert.ThrowsAsync<DeployException>(() => new MigrationRunner().UndoAsync(Request with { Database = proxy.Address }, ["3"], Sink, default));

        Assert.Equal(ErrorTable.MigrationConnectionLost, lost.Code);
        Assert.Contains("The migration is still recorded as applied.", lost.Message, StringComparison.Ordinal);
    }

    private void WriteThree()
    {
        Write("1_a.sql", "create table a (id int)");
        Write("2_b.sql", "create table b (id int)");
        Write("3_c.sql", "create table c (id int)");
        Write("down/2_b.sql", "drop table b");
        Write("down/3_c.sql", "drop table c");
    }

    private Task<MigrationRun> UndoAsync(params string[] versions) => new MigrationRunner().UndoAsync(Request, versions, Sink, default);

    private Task<string[]> TablesAsync() => QueryAsync("select tablename::text from pg_tables where schemaname = 'public' order by 1");
}
