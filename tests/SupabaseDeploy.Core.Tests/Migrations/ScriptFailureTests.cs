using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class ScriptFailureTests : MigrationTest
{
    [Fact]
    public async Task The_line_is_shown_with_a_caret_and_everything_the_server_said()
    {
        Write("1_a.sql", "create table a (id int);\n\nselect id,\n       mising\nfrom a;\n");

        DeployException e = await FailAsync();

        Assert.Equal(ErrorTable.MigrationFailed, e.Code);
        Assert.Equal(
            """
            '1_a.sql' failed at line 4, column 8: column "mising" does not exist (SQLSTATE 42703)
              4 |        mising
                |        ^
            Nothing of this file was kept.
            """,
            e.Message);
        Assert.StartsWith("Correct the file", e.Remedy, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(Folder.Path, "1_a.sql"), e.Target);
    }

    [Theory]
    [InlineData("select 'größe 😀' as \"ü\", mising;", "line 1, column 26", "                          ^")]
    [InlineData("\ufeff-- bom\r\n-- more\r\n\tselect\tmising;\r\n", "line 3, column 9", "\t      \t^")]
    [InlineData("select 1;\r\nselect '漢字', mising", "line 2, column 14", "               ^")]
    public async Task Places_are_right_in_texts_of_many_bytes_with_a_byte_order_mark_and_with_CRLF(string sql, string place, string caret)
    {
        Write("1_a.sql", sql);

        DeployException e = await FailAsync();

        Assert.Contains($"at {place}: ", e.Message, StringComparison.Ordinal);
        Assert.Contains($"| {caret}\n", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_inside_a_function_names_the_line_of_the_statement_and_the_context()
    {
        Write("1_a.sql", "select 1;\n-- runs a block\ndo $$\nbegin\n  perform 1/0;\nend $$;");

        DeployException e = await FailAsync();

        Assert.Contains("at line 3, column 1: division by zero (SQLSTATE 22012)\n  3 | do $$\n    | ^\n", e.Message, StringComparison.Ordinal);
        Assert.Contains("Where: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("line 3 at PERFORM", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Detail_and_hint_of_the_server_are_kept()
    {
        Write("1_a.sql", "create table a (id int primary key); insert into a values (7);\ninsert into a values (7);");
        Assert.Contains("Detail: Key (id)=(7) already exists.", (await FailAsync()).Message, StringComparison.Ordinal);

        Write("1_a.sql", "select lower(1);");
        Assert.Contains("Hint: No function matches", (await FailAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_constraint_that_is_checked_at_commit_says_so()
    {
        Write("1_a.sql", "create table a (id int primary key, b int references a deferrable initially deferred); insert into a values (1, 2);");

        Assert.StartsWith("'1_a.sql' failed when it was committed: ", (await FailAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_very_long_line_is_cut_around_the_caret()
    {
        Write("1_a.sql", $"select {string.Concat(Enumerable.Repeat("'😀', ", 2000))}mising, {string.Concat(Enumerable.Repeat("1, ", 2000))}1;");

        string[] lines = (await FailAsync()).Message.Split('\n');

        Assert.InRange(lines[1].Length, 100, 140);
        Assert.Contains("mising", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("^", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_enum_value_used_too_soon_has_its_own_remedy()
    {
        Write("1_a.sql", "create type e as enum ('a');");
        Write("2_b.sql", "alter type e add value 'b';\n\n-- use it\nselect 'b'::e;\nselect 1;");
        Write("4_c.sql", "select 1;");

        Assert.Equal(
            "Use the new value in a later migration file: it exists only after this one is committed. Keep line 1 in '2_b.sql', move lines 3 to 5 to '3_b_2.sql'.",
            (await FailAsync()).Remedy);
    }

    private Task<DeployException> FailAsync() => Assert.ThrowsAsync<DeployException>(() => ApplyAsync());
}
