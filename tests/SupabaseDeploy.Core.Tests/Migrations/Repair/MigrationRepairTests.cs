using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations.Repair;

public sealed class MigrationRepairTests : MigrationTest
{
    [Fact]
    public async Task What_fits_needs_no_repair()
    {
        Write("1_a.sql", "select 1");
        Write("2_b.sql", "select 1");
        await ApplyAsync();
        Write("1_a.sql", "-- why\nselect 1");
        Write("3_c.sql", "select 1");

        RepairPlan plan = await PlanAsync();

        Assert.Empty(plan.Actions);
        Assert.Empty(plan.Left);
        Assert.False((await RepairAsync()).Changed);
    }

    [Fact]
    public async Task Two_files_of_one_version_are_told_apart_by_what_was_applied_and_the_other_one_gets_a_later_version()
    {
        Write("1_b.sql", "create table b (id int)");
        Write("2_c.sql", "create table c (id int)");
        await ApplyAsync();
        Write("1_a.sql", "create table a (id int)");
        Write("down/1_a.sql", "drop table a");

        RepairAction action = Assert.Single((await RepairAsync()).Actions);

        Assert.Equal("Rename '1_a.sql' to '3_a.sql', because '1_b.sql' has version '1' too", action.Description);
        Assert.Equal(["3"], (await ApplyAsync()).Applied.Select(migration => migration.Version));
        Assert.NotNull(MigrationFolder.Read(Folder.Path, Sink)[2].DownPath);
    }

    [Fact]
    public async Task A_late_file_gets_a_version_later_than_every_other()
    {
        Write("20240102000000_b.sql", "select 1");
        await ApplyAsync();
        Write("20240101000000_a.sql", "select 1");
        Write("20240103000000_c.sql", "select 1");

        RepairAction action = Assert.Single((await RepairAsync()).Actions);

        Assert.Equal("Rename '20240101000000_a.sql' to '20240103000001_a.sql', because the newer version '20240102000000' is applied already", action.Description);
        Assert.Equal(["20240103000000", "20240103000001"], (await ApplyAsync()).Applied.Select(migration => migration.Version));
    }

    [Fact]
    public async Task Another_migration_of_an_applied_version_gets_its_own_and_the_applied_file_comes_back_from_the_history()
    {
        const string Sql = "-- first\ncreate table a (id int);\n\ncopy a from stdin;\n1\n\\.\nselect 1 -- one\n;\n-- the end";
        Write("1_a.sql", Sql);
        await ApplyAsync();
        File.Delete(Path.Combine(Folder.Path, "1_a.sql"));
        Write("1_other.sql", "create table other (id int)");

        MigrationRepair repair = await RepairAsync();

        Assert.Equal(
            ["Rename '1_other.sql' to '2_other.sql', because version '1' is recorded as 'a', with other statements", "Write '1_a.sql' from the statements in the history"],
            repair.Actions.Select(action => action.Description));
        Assert.Equal([MigrationState.Applied, MigrationState.Pending], (await StatusesAsync()).Select(status => status.State));
        Assert.Equal(["2"], (await ApplyAsync()).Applied.Select(migration => migration.Version));
    }

    [Fact]
    public async Task A_missing_file_is_written_from_the_history_and_without_statements_only_named()
    {
        Write("1_a.sql", "select 1;\r\nselect ';';");
        Write("2_b.sql", "select 2");
        await ApplyAsync();
        await ExecuteAsync("update supabase_migrations.schema_migrations set statements = null where version = '2'");
        File.Delete(Path.Combine(Folder.Path, "1_a.sql"));
        File.Delete(Path.Combine(Folder.Path, "2_b.sql"));

        RepairPlan plan = await PlanAsync();
        await RepairAsync();

        Assert.Equal(["Write '1_a.sql' from the statements in the history"], plan.Actions.Select(action => action.Description));
        Assert.Equal(
            "Version '2' has no file, and the history does not hold what was applied. Get the file from version control, or run 'Repair-Migration -Version 2 -Status Reverted' if it was taken back.",
            Assert.Single(plan.Left));
        Assert.Equal([MigrationContent.Same, MigrationContent.Unknown], (await StatusesAsync()).Select(status => status.Content));
    }

    [Fact]
    public async Task Names_and_statements_of_rows_are_taken_from_the_files()
    {
        Write("1_new.sql", "select 1");
        Write("2_old.sql", "select 2");
        Write("3_older.sql", "select 3");
        await ExecuteAsync(
            """
            create schema supabase_migrations;
            create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text, created_by text);
            insert into supabase_migrations.schema_migrations values ('1', '{select 1}', 'before', 'someone'), ('2', null, 'old', null), ('3', '{select 3}', null, null);
            """);

        MigrationRepair repair = await RepairAsync();

        Assert.Equal(
            [
                "Record version '1' as 'new' instead of 'before', because its file is '1_new.sql'",
                "Record name and statements of '2_old.sql' in its row, which lacks them",
                "Record name and statements of '3_older.sql' in its row, which lacks them",
            ],
            repair.Actions.Select(action => action.Description));
        Assert.Equal(
            ["1 new {\"select 1\"} someone", "2 old {\"select 2\"} ", "3 older {\"select 3\"} "],
            await QueryAsync("select concat(version, ' ', name, ' ', statements, ' ', created_by) from supabase_migrations.schema_migrations order by 1"));
        Assert.False((await RepairAsync()).Changed);
    }

    [Fact]
    public async Task An_edited_file_is_named_and_recorded_only_when_asked_to()
    {
        Write("1_a.sql", "select 1");
        await ApplyAsync();
        Write("1_a.sql", "select 2");

        RepairPlan plan = await PlanAsync();
        MigrationRepair repair = await RepairAsync(RepairStatus.Applied, "1");

        Assert.Empty(plan.Actions);
        Assert.StartsWith("'1_a.sql' was edited after being applied.", Assert.Single(plan.Left), StringComparison.Ordinal);
        Assert.Equal("Record '1_a.sql' as it is now as what was applied", Assert.Single(repair.Actions).Description);
        Assert.Equal(MigrationState.Applied, Assert.Single(await StatusesAsync()).State);
    }

    [Fact]
    public async Task A_version_is_marked_as_applied_or_reverted_without_running_anything()
    {
        Write("1_a.sql", "create table a (id int)");
        Write("2_b.sql", "create table b (id int)");

        MigrationRepair applied = await RepairAsync(RepairStatus.Applied, "*");
        Assert.Equal(["Record '1_a.sql' as applied, without running it", "Record '2_b.sql' as applied, without running it"], applied.Actions.Select(action => action.Description));
        Assert.Equal(2, applied.Total);
        Assert.Empty((await RepairAsync(RepairStatus.Applied, "1", "2")).Actions);
        Assert.Empty(await QueryAsync("select tablename::text from pg_tables where schemaname = 'public'"));

        MigrationRepair reverted = await RepairAsync(RepairStatus.Reverted, "2");
        Assert.Equal("Take version '2' out of the history, without undoing anything", Assert.Single(reverted.Actions).Description);
        Assert.Empty((await RepairAsync(RepairStatus.Reverted, "2")).Actions);
        Assert.Equal(["2"], (await ApplyAsync()).Applied.Select(migration => migration.Version));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        Write("1_a.sql", "select 1");
        Write("2_b.sql", "select 1");
        Write("2_c.sql", "select 1");
        await ExecuteAsync("create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text primary key); insert into supabase_migrations.schema_migrations values ('7')");

        DeployException unknown = await Assert.ThrowsAsync<DeployException>(() => RepairAsync(RepairStatus.Reverted, "9"));
        DeployException twice = await Assert.ThrowsAsync<DeployException>(() => RepairAsync(RepairStatus.Applied, "2"));
        DeployException none = await Assert.ThrowsAsync<DeployException>(() => RepairAsync(RepairStatus.Applied, "7"));

        Assert.Equal($"Version '9' is neither in the history nor in '{Folder.Path}'.", unknown.Message);
        Assert.Equal("Version '2' is used by two files: '2_b.sql' and '2_c.sql'.", twice.Message);
        Assert.Equal("Version '7' has no file to record.", none.Message);
        Assert.All([unknown, twice, none], e => Assert.Equal(ErrorTable.RepairNotPossible, e.Code));
    }

    [Fact]
    public async Task A_plan_that_is_not_true_any_more_changes_nothing_and_a_held_lock_is_respected()
    {
        Write("1_a.sql", "select 1");
        RepairPlan plan = await PlanAsync(RepairStatus.Applied, "1");
        await ApplyAsync();

        DeployException outdated = await Assert.ThrowsAsync<DeployException>(() => new MigrationRepairer().ApplyAsync(RequestOf(RepairStatus.Applied, "1"), plan.Actions, Sink, default));
        await using DeploymentLock held = await DeploymentLock.AcquireAsync(Database.Application, "test", TimeSpan.Zero, Sink, default);
        DeployException locked = await Assert.ThrowsAsync<DeployException>(() => RepairAsync(RepairStatus.Reverted, "1"));

        Assert.Equal(ErrorTable.RepairOutdated, outdated.Code);
        Assert.Equal(ErrorTable.DeploymentLockHeld, locked.Code);
    }

    [Fact]
    public async Task The_CLI_and_we_repair_alike()
    {
        await using TestDatabase theirs = await TestDatabase.CreateAsync();
        Write("supabase/migrations/1_a.sql", "select 1; -- tail;");
        Write("supabase/migrations/2_b.sql", "select 2;");
        Write("supabase/config.toml", "project_id = 'x'");
        RepairRequest ours = RequestOf(RepairStatus.Applied, "1", "2") with { Folder = Path.Combine(Folder.Path, "supabase", "migrations") };

        await SupabaseCli.RunAsync(Folder.Path, theirs.Application, "migration", "repair", "--status", "applied", "1", "2");
        await new MigrationRepairer().ApplyAsync(ours, (await MigrationRepairer.PlanAsync(ours, Sink, default)).Actions, Sink, default);

        const string Rows = "select string_agg(concat(version, ' ', name, ' ', statements), ', ' order by version) from supabase_migrations.schema_migrations";
        Assert.Equal(await theirs.ScalarAsync<string>(Rows), await Database.ScalarAsync<string>(Rows));
        RepairRequest onTheirs = ours with { Database = theirs.Application };
        Assert.Empty((await MigrationRepairer.PlanAsync(onTheirs, Sink, default)).Actions);

        await SupabaseCli.RunAsync(Folder.Path, Database.Application, "migration", "repair", "--status", "reverted", "2");
        Assert.Equal("1", await Database.ScalarAsync<string>("select string_agg(version, ',') from supabase_migrations.schema_migrations"));
    }

    private RepairRequest RequestOf(RepairStatus? status, params string[] versions) => new()
    {
        Environment = Request.Environment,
        Database = Request.Database,
        Folder = Folder.Path,
        Status = status,
        Versions = versions,
    };

    private Task<RepairPlan> PlanAsync(RepairStatus? status = null, params string[] versions) => MigrationRepairer.PlanAsync(RequestOf(status, versions), Sink, default);

    private async Task<MigrationRepair> RepairAsync(RepairStatus? status = null, params string[] versions) =>
        await new MigrationRepairer().ApplyAsync(RequestOf(status, versions), (await PlanAsync(status, versions)).Actions, Sink, default);

    private Task<IReadOnlyList<MigrationStatus>> StatusesAsync() => MigrationStatus.ReadAsync(Request.Environment, Request.Database, Sink, default);
}
