using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class SeedTests : MigrationTest
{
    [Fact]
    public async Task A_seed_runs_after_the_migrations_and_again_only_when_it_changed()
    {
        Write("1_a.sql", "create table a (id int)");
        Write("supabase/seed.sql", "insert into a values (1)");
        Assert.Equal(["supabase/seed.sql"], (await SeedAsync()).Seeds);

        MigrationRun unchanged = await SeedAsync();
        Assert.Empty(unchanged.Seeds);
        Assert.False(unchanged.Changed);

        Write("supabase/seed.sql", "insert into a values (2)");
        Assert.True((await SeedAsync()).Changed);
        Assert.Equal(["1", "2"], await QueryAsync("select id::text from a order by 1"));
    }

    [Fact]
    public async Task Without_being_asked_no_seed_runs()
    {
        Write("1_a.sql", "create table a (id int)");
        Write("seed.sql", "insert into a values (1)");

        Assert.Empty((await ApplyAsync()).Seeds);
        Assert.Equal(["0"], await QueryAsync("select count(*)::text from a"));
    }

    [Fact]
    public async Task A_seed_that_fails_is_not_recorded()
    {
        Write("1_a.sql", "create table a (id int primary key)");
        Write("seed.sql", "insert into a values (1);\ninsert into a values (1);");

        DeployException e = await Assert.ThrowsAsync<DeployException>(SeedAsync);

        Assert.Contains("'seed.sql' failed at line 2", e.Message, StringComparison.Ordinal);
        Write("seed.sql", "insert into a values (1);");
        Assert.Equal(["seed.sql"], (await SeedAsync()).Seeds);
    }

    [Theory]
    [InlineData("", "seed.sql", new[] { "seed.sql" })]
    [InlineData("", "supabase/seed.sql seed.sql", new[] { "supabase/seed.sql" })]
    [InlineData("project_id = 'x'", "supabase/seed.sql", new[] { "supabase/seed.sql" })]
    [InlineData("[db.seed]\nenabled = true", "supabase/seed.sql", new[] { "supabase/seed.sql" })]
    [InlineData("[db.seed]\nenabled = false", "supabase/seed.sql", new string[0])]
    [InlineData("[db.seed]\nsql_paths = ['./seeds/*.sql', '../other.sql']", "supabase/seeds/b.sql supabase/seeds/a.sql other.sql", new[] { "supabase/seeds/a.sql", "supabase/seeds/b.sql", "other.sql" })]
    public async Task Seeds_are_found_where_the_configuration_says_or_in_the_usual_places(string configuration, string files, string[] expected)
    {
        foreach (string file in files.Split(' '))
        {
            Write(file, "select 1");
        }

        if (configuration.Length > 0)
        {
            Write("supabase/config.toml", configuration);
        }

        Assert.Equal(expected, (await FindAsync()).Select(seed => seed.Name));
    }

    [Fact]
    public async Task A_seed_that_is_named_but_missing_is_a_warning_unless_it_is_the_one_of_a_new_project()
    {
        Write("supabase/config.toml", "[db.seed]\nenabled = true\nsql_paths = ['./seed.sql']");
        Assert.Empty(await FindAsync());
        Assert.Empty(Sink.Events);

        Write("supabase/config.toml", "[db.seed]\nsql_paths = ['./none.sql', 'seeds/[']");
        Assert.Empty(await FindAsync());
        Assert.Equal(
            [
                "Seed './none.sql' of [db.seed] sql_paths in 'supabase/config.toml' matches no file. Paths are relative to the folder 'supabase'.",
                "Seed 'seeds/[' of [db.seed] sql_paths in 'supabase/config.toml' is not a pattern: a bracket or a backslash is not complete.",
            ],
            Sink.Events.OfType<Caution>().Select(caution => caution.Message));
    }

    [Theory]
    [InlineData("project_id = 'x'\n[db.seed\n", "line 2, column 9: is not TOML: ")]
    [InlineData("[db]\nmajor_version = 17\n[db.seed]\n  sql_paths = 5", "line 4, column 3: 'db.seed.sql_paths' is 5; it must be an array of strings.")]
    [InlineData("[db.seed]\nsql_paths = ['a', true]", "line 2, column 1: 'db.seed.sql_paths' is true; it must be an array of strings.")]
    [InlineData("[db]\nseed.enabled = 'maybe'", "line 2, column 1: 'db.seed.enabled' is 'maybe'; it must be true or false.")]
    [InlineData("[db]\nseed = []", "line 2, column 1: 'db.seed' is an array; it must be a table.")]
    [InlineData("db = 'x'", "line 1, column 1: 'db' is 'x'; it must be a table.")]
    public async Task What_is_wrong_in_the_configuration_is_named_with_its_place_and_key(string configuration, string expected)
    {
        string path = Write("supabase/config.toml", configuration);

        DeployException e = await Assert.ThrowsAsync<DeployException>(FindAsync);

        Assert.Equal(ErrorTable.InvalidSupabaseConfiguration, e.Code);
        Assert.StartsWith($"'{path}', {expected}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_CLI_accepts_is_no_error()
    {
        Write("supabase/seed.sql", "select 1");
        Write("supabase/config.toml", "new_key = 1\n[future]\nx = [{ y = 1 }]\n[db]\nport = 'env(NONE)'\n[db.seed]\nenabled = 'true'\nsql_paths = './seed.sql'\nnew = 2");

        Assert.Equal("supabase/seed.sql", Assert.Single(await FindAsync()).Name);
    }

    [Fact]
    public async Task Roles_run_before_the_migrations_each_time_they_are_asked_for_and_are_not_recorded()
    {
        Write("1_a.sql", "create table a as select count(*)::int as runs from roles_ran");
        Write("supabase/roles.sql", "create table if not exists public.roles_ran (id int);\ninsert into public.roles_ran values (1);\nset search_path = '';");

        MigrationRun first = await new MigrationRunner().ApplyAsync(Request with { IncludeRoles = true }, Sink, default);
        MigrationRun second = await new MigrationRunner().ApplyAsync(Request with { IncludeRoles = true }, Sink, default);

        Assert.Equal(("supabase/roles.sql", true, "supabase/roles.sql", true), (first.Roles, first.Changed, second.Roles, second.Changed));
        Assert.Equal(["1", "2"], await QueryAsync("select runs::text from a union all select count(*)::text from roles_ran"));
        Assert.Equal(["1"], await QueryAsync("select version from supabase_migrations.schema_migrations"));
        Assert.Null((await ApplyAsync()).Roles);
    }

    [Fact]
    public async Task Roles_that_fail_leave_nothing_and_no_roles_are_a_warning()
    {
        Write("1_a.sql", "create table a (id int)");
        await new MigrationRunner().ApplyAsync(Request with { IncludeRoles = true }, Sink, default);
        Assert.StartsWith("There are no roles to include:", Assert.Single(Sink.Events.OfType<Caution>()).Message, StringComparison.Ordinal);

        Write("supabase/roles.sql", "create table b (id int);\nselect 1/0;");
        DeployException e = await Assert.ThrowsAsync<DeployException>(() => new MigrationRunner().ApplyAsync(Request with { IncludeRoles = true }, Sink, default));

        Assert.Contains("'roles.sql' failed at line 2", e.Message, StringComparison.Ordinal);
        Assert.Equal(["a"], await QueryAsync("select tablename::text from pg_tables where schemaname = 'public'"));
    }

    private Task<IReadOnlyList<SeedFile>> FindAsync() => SeedFile.FindAsync(new ProjectFolder(Folder.Path), Sink, default);

    private Task<MigrationRun> SeedAsync() => new MigrationRunner().ApplyAsync(Request with { IncludeSeed = true }, Sink, default);
}
