using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
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
    public async Task A_seed_that_is_named_but_missing_and_a_broken_configuration_are_errors()
    {
        Write("supabase/config.toml", "[db.seed]\nsql_paths = ['./none.sql']");
        Assert.Equal(ErrorTable.SeedNotFound, (await Assert.ThrowsAsync<DeployException>(FindAsync)).Code);

        Write("supabase/config.toml", "[db.seed\n");
        Assert.Equal(ErrorTable.InvalidSupabaseConfiguration, (await Assert.ThrowsAsync<DeployException>(FindAsync)).Code);
    }

    private Task<IReadOnlyList<SeedFile>> FindAsync() => SeedFile.FindAsync(new ProjectFolder(Folder.Path), default);

    private Task<MigrationRun> SeedAsync() => new MigrationRunner().ApplyAsync(Request with { IncludeSeed = true }, Sink, default);
}
