using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations.Undo;

public sealed class UndoProofTests : ShadowTest, IAsyncLifetime
{
    private TestDatabase _database = null!;

    private MigrationRequest Request => new()
    {
        Environment = DeploymentEnvironment.ForDatabase(_database.Application, Path.GetDirectoryName(MigrationsFolder)!),
        Database = _database.Application,
        Folder = MigrationsFolder,
    };

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return _database.DisposeAsync();
    }

    [Fact]
    public async Task A_down_script_is_proven_before_it_is_run_and_what_the_shadow_saw_it_drop_is_counted()
    {
        Write("1_a.sql", "create table a (id int primary key)");
        Write("2_b.sql", "create table b (id int primary key); insert into b values (1), (2); alter table a add column note text");
        Write("down/2_b.sql", "do $$ begin execute 'drop table b'; end $$; alter table a drop column note;");
        await ApplyAsync();

        UndoPlan plan = await PlanAsync(allowUnproven: false);

        UndoStep step = Assert.Single(plan.Steps);
        Assert.True(step.Proof?.IsProven);
        Assert.Equal(
            ["rows that 'do' in line 1 of 'down/2_b.sql' changes (how many is not known)", "column a.note (0 rows)", "table public.b (2 rows)"],
            step.Losses.Select(loss => loss.ToString()));
        MigrationRun run = await new MigrationUndo(Shadows).RunAsync(Request, plan, Sink, default);
        Assert.Equal((MigrationRunStatus.Succeeded, "1"), (run.Status, run.Version));
    }

    [Fact]
    public async Task One_that_does_not_bring_back_what_was_there_is_refused_unless_told()
    {
        Write("1_a.sql", "create table a (id int primary key)");
        Write("2_b.sql", "create table b (id int primary key); create table c (id int primary key)");
        Write("down/2_b.sql", "drop table b");
        await ApplyAsync();
        Assert.Null(Assert.Single((await PlanAsync(allowUnproven: true)).Steps).Proof);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => PlanAsync(allowUnproven: false));

        Assert.Equal(ErrorTable.DownScriptUnproven, e.Code);
        Assert.Contains("'down/2_b.sql'", e.Message, StringComparison.Ordinal);
        Assert.Contains("public.c", e.Message, StringComparison.Ordinal);
        UndoStep step = Assert.Single((await PlanAsync(allowUnproven: true)).Steps);
        Assert.Equal(DownOutcome.Differs, step.Proof?.Outcome);
        Assert.Equal("table b (0 rows)", Assert.Single(step.Losses).ToString());
    }

    private Task<MigrationRun> ApplyAsync() => new MigrationRunner().ApplyAsync(Request, Sink, default);

    private Task<UndoPlan> PlanAsync(bool allowUnproven) =>
        new MigrationUndo(Shadows).PlanAsync(Request, UndoRange.OfLast(1), allowUnproven, Sink, default);
}
