using FsCheck;
using FsCheck.Fluent;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Core.Tests.Postgres;

public sealed class SqlSplitterTests
{
    // What the Supabase CLI 3.1.0 stored in its history for the same file.
    [Fact]
    public void Statements_are_the_ones_that_the_Supabase_CLI_stores()
    {
        const string Sql = """
            -- leading comment; with semicolon

            /* block /* nested; */ ; */
            create table a (id int, t text default 'x;y');;
            ;
            -- comment only before semi
            ;
            create function f() returns int language sql begin atomic select 1; select case when true then 2 else 3 end; end;
            create function g() returns void language plpgsql as $fn$ begin perform 1; perform $$;$$; end $fn$;
            insert into a values (1, E'it\'s;'), (2, 'plain\');
            create rule r as on insert to a do also (select 1; select 2);
            select "a;b" from (select 1 as "a;b") x; -- trailing comment
              select 1   ;   /* tail */
            select 'no semicolon'
            -- the end

            """;

        Assert.Equal(
            [
                "-- leading comment; with semicolon\n\n/* block /* nested; */ ; */\ncreate table a (id int, t text default 'x;y')",
                "-- comment only before semi",
                "create function f() returns int language sql begin atomic select 1; select case when true then 2 else 3 end; end",
                "create function g() returns void language plpgsql as $fn$ begin perform 1; perform $$;$$; end $fn$",
                "insert into a values (1, E'it\\'s;'), (2, 'plain\\')",
                "create rule r as on insert to a do also (select 1; select 2)",
                "select \"a;b\" from (select 1 as \"a;b\") x",
                "-- trailing comment\n  select 1",
                "/* tail */\nselect 'no semicolon'\n-- the end",
            ],
            Texts(Sql));
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData(" \r\n;; ;\n", new string[0])]
    [InlineData("-- only comments\n/* here */\n", new[] { "-- only comments\n/* here */" })]
    [InlineData("select 1;\n-- tail\n", new[] { "select 1", "-- tail" })]
    [InlineData("-- bom\r\nselect 1;\r\n\r\nselect\r\n 2;\r\n", new[] { "-- bom\r\nselect 1", "select\r\n 2" })]
    [InlineData("select $1; select a$b$c; select $b$", new[] { "select $1", "select a$b$c", "select $b$" })]
    [InlineData("select $tag1$;$tag$;$tag1$; select $ü$;$ü$", new[] { "select $tag1$;$tag$;$tag1$", "select $ü$;$ü$" })]
    [InlineData("select 'a'';'; select \"x\"\";\" ", new[] { "select 'a'';'", "select \"x\"\";\"" })]
    [InlineData("select e'\\\\'; select name'x;'", new[] { "select e'\\\\'", "select name'x;'" })]
    [InlineData("create procedure p() BEGIN /* x */ ATOMIC select case 1 when 1 then 2 end; END; select 5", new[] { "create procedure p() BEGIN /* x */ ATOMIC select case 1 when 1 then 2 end; END", "select 5" })]
    [InlineData("create function f() returns int begin atomic select 1 as end; select 2 as case; /* last */ END; select 5", new[] { "create function f() returns int begin atomic select 1 as end; select 2 as case; /* last */ END", "select 5" })]
    [InlineData("select E'a'\n  'b\\';'; select 2", new[] { "select E'a'\n  'b\\';'", "select 2" })]
    [InlineData("select 1 -- old Mac\r; select 2", new[] { "select 1 -- old Mac", "select 2" })]
    [InlineData("select 1\u00a0;\u00a0\ufeffselect 2", new[] { "select 1", "select 2" })]
    [InlineData("select 1; -- tail;;", new[] { "select 1", "-- tail" })]
    [InlineData("begin; select 1; end; commit", new[] { "begin", "select 1", "end", "commit" })]
    [InlineData("select 1); select 2", new[] { "select 1)", "select 2" })]
    [InlineData("select 'open; -- never closed", new[] { "select 'open; -- never closed" })]
    [InlineData("/* open /* ; */ never closed", new[] { "/* open /* ; */ never closed" })]
    public void Semicolons_split_only_where_the_server_ends_a_statement(string sql, string[] expected) => Assert.Equal(expected, Texts(sql));

    [Fact]
    public void Each_statement_knows_where_its_code_begins()
    {
        SqlStatement[] statements = [.. SqlSplitter.Split("-- ü😀\r\nselect 1; /* é😀 */ select 2;\n\n\tselect 3")];

        Assert.Equal([(2, 1), (2, 20), (4, 2)], statements.Select(statement => (statement.Line, statement.Column)));
    }

    [Fact]
    public void Rows_after_COPY_FROM_STDIN_are_data_not_SQL()
    {
        SqlStatement[] statements = [.. SqlSplitter.Split("COPY public.t (a, b) FROM stdin;\n1\ta;b\n2\t'\n\\.\n\nselect 1;")];

        Assert.Equal(["COPY public.t (a, b) FROM stdin", "select 1"], statements.Select(statement => statement.Text));
        Assert.Equal("1\ta;b\n2\t'\n", statements[0].CopyData);
        Assert.Equal("COPY public.t (a, b) FROM stdin;\n1\ta;b\n2\t'\n\\.", statements[0].StoredText);
        Assert.Null(statements[1].CopyData);
        Assert.Equal(6, statements[1].Line);
    }

    [Fact]
    public void No_character_but_separators_is_lost()
    {
        string[] pieces = ["select 1", ";", ";;", "\n", "\r\n", " ", "'", "''", "\"", "$$", "$a$", "$1", "--x", "/*", "*/", "(", ")", "E'\\'", "\\", "begin atomic", "create", "end", "case", "é", "😀"];
        Prop.ForAll(
            Gen.Elements(pieces).ListOf().Select(list => string.Concat(list)).ToArbitrary(),
            sql =>
            {
                SqlStatement[] statements = [.. SqlSplitter.Split(sql)];
                Assert.Equal(WithoutSeparators(sql), WithoutSeparators(string.Concat(statements.Select(statement => statement.Text))));
                Assert.All(statements, statement => Assert.Equal(statement.Text, sql.Substring(statement.Start, statement.Text.Length)));
            }).QuickCheckThrowOnFailure();
    }

    private static string[] Texts(string sql) => [.. SqlSplitter.Split(sql).Select(statement => statement.Text)];

    private static string WithoutSeparators(string sql) => string.Concat(sql.Where(c => c != ';' && !SqlLexer.IsSpace(c)));
}
