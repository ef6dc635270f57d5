using System.Globalization;
using System.Text;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>The same folder given to us and to the real CLI, on a database each.</summary>
public sealed class SupabaseCliTests : MigrationTest
{
    private const string HistorySql =
        """
        select version || E'\t' || name || E'\t' || coalesce(cardinality(statements), 0) || E'\t' || coalesce(md5(statements::text), '-')
        from supabase_migrations.schema_migrations order by version collate "C"
        """;

    [Fact]
    public async Task What_we_apply_is_applied_for_the_CLI_and_the_statements_of_nasty_files_are_the_same()
    {
        await using TestDatabase theirs = await TestDatabase.CreateAsync();
        WriteNastyFiles();

        MigrationRun run = await new MigrationRunner().ApplyAsync(RequestFor(Database), Sink, default);
        string pushed = await PushAsync(theirs.Application);

        Assert.Equal(run.Applied.Count, Names(pushed, "migrations").Length);
        Assert.Equal(await HistoryAsync(theirs), await HistoryAsync(Database));
        string listed = (await SupabaseCli.RunAsync(Folder.Path, Database.Application, "migration", "list")).Output;
        Assert.Equal(run.Applied.Select(file => (file.Version, file.Version)), Sides(listed));
        Assert.True(JsonDocument.Parse(await PushAsync(Database.Application)).RootElement.GetProperty("upToDate").GetBoolean());

        IReadOnlyList<MigrationStatus> statuses = await MigrationStatus.ReadAsync(Environment(theirs), theirs.Application, Sink, default);
        Assert.All(statuses, status => Assert.Equal(MigrationState.Applied, status.State));
        Assert.False((await new MigrationRunner().ApplyAsync(RequestFor(theirs), Sink, default)).Changed);
    }

    [Fact]
    public async Task Seeds_and_roles_are_found_and_recorded_as_the_CLI_does()
    {
        await using TestDatabase theirs = await TestDatabase.CreateAsync();
        foreach (string name in (string[])["seeds/B.sql", "seeds/a.sql", "seeds/a[1].sql", "seeds/.hidden.sql", "seeds/äö.sql", "seeds/deep/x.sql", "seeds/deep/y.txt", "seeds/dir.sql/in.sql", "b/1.sql", "b/10.sql", "b/2.sql", "c/d/e/f.sql"])
        {
            Write("supabase/" + name, $"select '{name};';\n");
        }

        Write("other.sql", "\uFEFFselect 1");
        File.CreateSymbolicLink(Path.Combine(Folder.Path, "supabase", "b", "link.sql"), Path.Combine(Folder.Path, "other.sql"));
        string absolute = Write("absolute/z.sql", "select 2;\r\n").Replace('\\', '/');
        Write("supabase/migrations/1_a.sql", "create table a as select count(*) from roles_ran");
        Write("supabase/roles.sql", "create table roles_ran (id int);");
        Write("supabase/config.toml", $"project_id = 'x'\n[db.seed]\nsql_paths = ['./seeds/**/*.sql', 'b/[1-9].sql', 'b/*', '../other.sql', '{absolute}', '*/d', 'seeds/a\\[1].sql', 'seeds', 'none/*.sql', './none.sql']\n");

        string pushed = (await SupabaseCli.RunAsync(Folder.Path, theirs.Application, "db", "push", "--include-seed", "--include-roles")).Output;
        MigrationRun run = await new MigrationRunner().ApplyAsync(RequestFor(Database) with { IncludeSeed = true, IncludeRoles = true }, Sink, default);

        Assert.Equal(Names(pushed, "seeds"), run.Seeds);
        Assert.Equal(Assert.Single(Names(pushed, "roles")), run.Roles);
        Assert.Equal(14, run.Seeds.Count);
        const string Seeds = "select path || ' ' || hash from supabase_migrations.seed_files order by path collate \"C\"";
        Assert.Equal(await RowsAsync(theirs, Seeds), await RowsAsync(Database, Seeds));
        Assert.Empty((await new MigrationRunner().ApplyAsync(RequestFor(theirs) with { IncludeSeed = true }, Sink, default)).Seeds);
    }

    private static Task<string[]> HistoryAsync(TestDatabase database) => RowsAsync(database, HistorySql);

    private static async Task<string[]> RowsAsync(TestDatabase database, string sql)
    {
        await using Npgsql.NpgsqlConnection connection = await database.Application.OpenAsync(default);
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        await using Npgsql.NpgsqlDataReader row = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await row.ReadAsync())
        {
            rows.Add(row.GetString(0));
        }

        return [.. rows];
    }

    private static string[] Names(string json, string property) =>
        [.. JsonDocument.Parse(json).RootElement.GetProperty(property).EnumerateArray().Select(name => name.GetString()!)];

    private static IEnumerable<(string Local, string Remote)> Sides(string json) =>
        JsonDocument.Parse(json).RootElement.GetProperty("migrations").EnumerateArray()
            .Select(row => (row.GetProperty("local").GetString()!, row.GetProperty("remote").GetString()!));

    private async Task<string> PushAsync(DatabaseAddress database) => (await SupabaseCli.RunAsync(Folder.Path, database, "db", "push")).Output;

    private DeploymentEnvironment Environment(TestDatabase database) => DeploymentEnvironment.ForDatabase(database.Application, Folder.Path);

    private MigrationRequest RequestFor(TestDatabase database) =>
        Request with { Environment = Environment(database), Database = database.Application, Folder = Path.Combine(Folder.Path, "supabase", "migrations") };

    private void WriteNastyFiles()
    {
        Write("supabase/config.toml", "project_id = 'nasty'");
        (string Name, string Sql)[] files =
        [
            ("0000_zero.sql", "create table big (id int, t text)"),
            ("00_dollars.sql", "select $$;$$, $tag$;$$;$tag$, $_t1$ $tag$; $_t1$; select a$b.c as a$b$d from (select 1 as c) a$b; select $ü$;$ü$;"),
            ("001_comments.sql", "/* a /* nested; */ ; */ select 1; -- end; of line\n--\n/**/;select 2 /* ; */; /* tail; */"),
            ("0001_escapes.sql", "select E'it\\'s; \\\\', e'\\\\'; select 'plain\\'; select U&'\\0041;', B'1', \"a;\"\"b\" from (select 1 as \"a;\"\"b\") x; select E'a'\n 'b\\';';"),
            ("002_atomic.sql", "create function f() returns int language sql begin atomic select 1 as end; select case when true then 2 else 3 end; END; create procedure p()\nbegin\n atomic\n insert into big values (1, ';'); /* ; */ end; select 2;"),
            ("01_parentheses.sql", "create rule r as on insert to big do also (select 1; select 2); select (')'), ('('), 1; select (/* ) ; */ 1);"),
            ("20240101_date.sql", "select 'a;b'; ; ;; select 'c''d;'"),
            ("20240102_crlf.sql", "select 1;\r\n-- comment;\r\nselect\r\n  'a\r\nb';\r\n\r\n"),
            ("20240103_bom.sql", "\uFEFFselect 1;\uFEFF\n\u00a0select 2;"),
            ("20240104000000_no end.sql", "select 1\n-- the end;"),
            ("20240105000000_only_comments.sql", "-- nothing\n/* here; */\n"),
            ("20240106000000_.sql", ""),
            ("20240107000000_semicolons.sql", "\n;\n;;\n"),
            ("20240108000000_größe @ x.sql.sql", "select 'größe 😀;', '中文'; -- 😀"),
            ("20240109000000_own.sql", "begin; create table own (id int); commit;"),
            ("20240109000001_pairs.sql", "BEGIN;\ncreate table pair (id int);\nCOMMIT;\n\n-- more;\nBEGIN;\ninsert into pair values (1);\nCOMMIT;\n"),
            ("20240109000002_around.sql", "do $$ begin create table around (id int); end $$;\nbegin;\ninsert into around values (1);\ncommit;\nselect 1;\n"),
            ("20240110000000_concurrently.sql", "create index concurrently big_id on big (id);"),
            ("20240111000000_directive.sql", "-- pg-delta: transaction=false\ncreate index concurrently big_t on big (t);\nselect 2;"),
            ("20240112000000_mac.sql", "select 1 -- old line ends;\r; select 2;"),
            ("20240113000000_do.sql", "do $do$ begin if true then perform 1; end if; end; $do$; create or replace function g() returns trigger language plpgsql as $function$\nbegin\n  return new; -- ; $$\nend;\n$function$;"),
            ("20240114000000_inserts.sql", Inserts(5 * 1024 * 1024)),
            ("9_nine.sql", "set search_path = ''; create table public.nine (id int);"),
            ("no_number.sql", "select 1/0"),
            ("20240115.sql", "select 1/0"),
        ];
        foreach ((string name, string sql) in files)
        {
            Write("supabase/migrations/" + name, sql);
        }
    }

    private static string Inserts(int length)
    {
        var sql = new StringBuilder(length + 100_000);
        for (int row = 0; sql.Length < length; row++)
        {
            sql.Append(CultureInfo.InvariantCulture, $"insert into big values ({row}, '{new string('x', 40_000)};');\n");
        }

        return sql.ToString();
    }
}
