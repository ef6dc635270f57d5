using System.Globalization;
using System.Text;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>Many files, big files and unusual names.</summary>
public sealed class LargeMigrationTests : MigrationTest
{
    [Fact]
    public async Task One_new_file_after_ten_thousand_applied_ones_is_applied()
    {
        await ExecuteAsync(
            """
            create schema supabase_migrations;
            create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
            insert into supabase_migrations.schema_migrations select lpad(i::text, 5, '0'), array['select ' || i], 'x' from generate_series(1, 10000) i;
            """);
        for (int i = 1; i <= 10_000; i++)
        {
            Write(string.Create(CultureInfo.InvariantCulture, $"{i:00000}_x.sql"), $"select {i}");
        }

        Write("10001_new.sql", "create table new (id int)");

        MigrationRun run = await ApplyAsync();

        Assert.Equal(["10001"], run.Applied.Select(migration => migration.Version));
        Assert.Equal(10_001, run.Total);
    }

    [Fact]
    public async Task A_file_of_fifty_megabytes_is_applied_and_recorded_whole()
    {
        const int Statements = 50;
        var text = new StringBuilder("create table big (content text);\n");
        string megabyte = new('x', 1024 * 1024);
        for (int i = 0; i < Statements; i++)
        {
            text.Append("insert into big values ('").Append(megabyte).Append("');\n");
        }

        Write("1_big.sql", text.ToString());

        await ApplyAsync();

        Assert.Equal([$"{Statements * 1024 * 1024}"], await QueryAsync("select sum(length(content))::text from big"));
        Assert.Equal(
            [$"{Statements + 1} {text.Length - ((Statements + 1) * ";\n".Length)}"],
            await QueryAsync("select cardinality(statements) || ' ' || (select sum(length(s)) from unnest(statements) s) from supabase_migrations.schema_migrations"));
    }

    [Fact]
    public void Reading_a_big_script_makes_no_copy_of_it()
    {
        string row = $"insert into t values ('{new string('x', 20_000)}');\n";
        string text = string.Concat(Enumerable.Repeat(row, 500)) + "COPY t FROM stdin;\n" + string.Concat(Enumerable.Repeat(new string('y', 200) + "\n", 50_000)) + "\\.\n";
        long before = GC.GetAllocatedBytesForCurrentThread();

        var script = SqlScript.Parse("/m/1_a.sql", text);
        long stored = script.Statements.Sum(statement => (long)statement.Stored.Length);

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(stored, text.Length * 0.99, text.Length);
        Assert.True(allocated < text.Length * sizeof(char) * 0.05, $"{allocated} bytes were allocated for a text of {text.Length * sizeof(char)}.");
    }

    [Fact]
    public async Task Names_may_hold_spaces_quotes_and_any_script()
    {
        Write("1_größe der 表 'x'.sql", "create table \"größe der 表\" (id int);");
        Write("2_.sql", "select 1");
        Write("3_a@b.sql.sql", "select 1");

        MigrationRun run = await ApplyAsync();

        Assert.Equal(["größe der 表 'x'", "", "a@b.sql"], run.Applied.Select(migration => migration.Name));
        Assert.Equal(["", "a@b.sql", "größe der 表 'x'"], await QueryAsync("select name from supabase_migrations.schema_migrations order by name collate \"C\""));
    }
}
