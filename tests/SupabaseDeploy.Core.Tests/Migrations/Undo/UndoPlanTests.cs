using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations.Undo;

public sealed class UndoPlanTests : MigrationTest
{
    [Fact]
    public async Task It_goes_back_to_a_version_or_by_a_number_and_says_what_data_goes()
    {
        WriteTwo();
        Write("3_more.sql", "alter table b add column note text; insert into b values (1, 'x'), (2, null), (3, 'y'); create schema app; create table app.t (id int); insert into app.t values (1)");
        Write("down/3_more.sql", "alter table b drop column note; drop schema app cascade; delete from b; drop table not_there;");
        await ApplyAsync();

        UndoPlan plan = await PlanAsync(UndoRange.ToVersion("1"));

        Assert.Equal(["3", "2"], plan.Steps.Select(step => step.Migration.Version));
        Assert.Equal(
            ["column b.note (2 rows)", "table app.t (1 row)", "rows that 'delete' in line 1 of 'down/3_more.sql' changes (how many is not known)", "table b (3 rows)"],
            plan.Losses.Select(loss => loss.ToString()));
        Assert.Equal("Undo 2_b.sql, which loses table b (3 rows)", plan.Steps[1].ToString());
        Assert.Equal(["3"], (await PlanAsync(UndoRange.OfLast(1))).Steps.Select(step => step.Migration.Version));
        Assert.Empty((await PlanAsync(UndoRange.ToVersion("3"))).Steps);
    }

    [Fact]
    public async Task Many_rows_are_estimated_and_hidden_ones_are_not_guessed()
    {
        Write("1_a.sql", "create table big (id int); insert into big select generate_series(1, 120000)");
        Write("down/1_a.sql", "drop table big; drop table secret;");
        await ApplyAsync();
        await ExecuteAsync("analyze big; create table secret (id int); alter table secret enable row level security; grant select on secret to anon;");

        Assert.Equal(["table big (about 120,000 rows)", "table secret (0 rows)"], (await PlanAsync(UndoRange.OfLast(1))).Losses.Select(loss => loss.ToString()));

        await using NpgsqlConnection visitor = await Database.Application.OpenAsync(default);
        await using var command = new NpgsqlCommand("set role anon", visitor);
        await command.ExecuteNonQueryAsync();
        IReadOnlyList<DataLoss> losses = await DataLossMeter.MeasureAsync(visitor, [SqlScript.Parse("/1_a.sql", "drop table secret")], default);
        Assert.Equal("table secret (rows not known: this role may not see all of them)", Assert.Single(losses).ToString());
    }

    [Theory]
    [InlineData("9", null, "Version '9' cannot be gone back to: it is not applied. The newest that are: 2, 1.")]
    [InlineData(null, 3, "The last 3 migrations cannot be undone: only 2 are applied.")]
    public async Task A_range_that_is_not_applied_is_refused(string? to, int? last, string message)
    {
        WriteTwo();
        await ApplyAsync();

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => PlanAsync(to is null ? UndoRange.OfLast(last!.Value) : UndoRange.ToVersion(to)));

        Assert.Equal((ErrorTable.UndoRangeNotApplied, message), (e.Code, e.Message));
    }

    [Fact]
    public async Task A_down_script_of_another_name_is_named_and_so_is_one_without_a_migration()
    {
        WriteTwo();
        File.Move(Path.Combine(Folder.Path, "down", "2_b.sql"), Path.Combine(Folder.Path, "down", "2_other.sql"));
        Write("down/7_nothing.sql", "select 1");
        await ApplyAsync();

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => PlanAsync(UndoRange.OfLast(1)));

        Assert.Contains("'2_b.sql' has no down script (rename 'down/2_other.sql' to 'down/2_b.sql': a down script has the name of its migration)", e.Message, StringComparison.Ordinal);
        Assert.Equal(
            ["'down/2_other.sql' belongs to no migration", "'down/7_nothing.sql' belongs to no migration"],
            Sink.Events.OfType<Caution>().Select(caution => caution.Message.Split(" and is")[0]));
    }

    [Fact]
    public async Task A_down_script_that_could_lose_its_record_is_refused_before_anything_runs()
    {
        WriteTwo();
        Write("down/1_a.sql", "drop table a; commit; drop table b;");
        await ApplyAsync();

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => PlanAsync(UndoRange.OfLast(2)));

        Assert.Equal(ErrorTable.MigrationRefused, e.Code);
        Assert.Equal(["1", "2"], await QueryAsync("select version from supabase_migrations.schema_migrations order by 1"));
    }

    [Fact]
    public async Task Down_scripts_run_with_their_own_transaction_or_outside_of_one_as_migrations_do()
    {
        Write("1_a.sql", "create table a (id int)");
        Write("down/1_a.sql", "begin; drop table a; commit;");
        Write("2_index.sql", "create index concurrently a_id on a (id)");
        Write("down/2_index.sql", "drop index concurrently a_id");
        await ApplyAsync();

        MigrationRun run = await RunAsync(await PlanAsync(UndoRange.OfLast(2)));

        Assert.Equal(["2", "1"], run.Undone.Select(migration => migration.Version));
        Assert.Equal((MigrationRunStatus.Succeeded, null, 0), (run.Status, run.Version, run.Total));
        Assert.Empty(await QueryAsync("select tablename::text from pg_tables where schemaname = 'public'"));
    }

    [Fact]
    public async Task A_plan_is_not_carried_out_on_another_history()
    {
        WriteTwo();
        await ApplyAsync();
        UndoPlan plan = await PlanAsync(UndoRange.OfLast(1));
        Write("3_c.sql", "create table c (id int)");
        await ApplyAsync();

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => RunAsync(plan));

        Assert.Equal(ErrorTable.UndoPlanOutdated, e.Code);
        Assert.Equal(["1", "2", "3"], await QueryAsync("select version from supabase_migrations.schema_migrations order by 1"));
    }

    private void WriteTwo()
    {
        Write("1_a.sql", "create table a (id int)");
        Write("down/1_a.sql", "drop table a");
        Write("2_b.sql", "create table b (id int)");
        Write("down/2_b.sql", "drop table b");
    }

    private Task<UndoPlan> PlanAsync(UndoRange range) => new MigrationUndo().PlanAsync(Request, range, allowUnproven: true, Sink, default);

    private Task<MigrationRun> RunAsync(UndoPlan plan) => new MigrationUndo().RunAsync(Request, plan, Sink, default);
}
