using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations.Rules;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations.Rules;

public sealed class MigrationRulesTests
{
    [Theory]
    [InlineData("create table public.a (id bigint primary key);", "1:1 rls-disabled public.a")]
    [InlineData("/* a table */ CREATE TABLE IF NOT EXISTS\r\n  \"My Notes\" (\"ID\" Bigint PRIMARY KEY);", "1:15 rls-disabled public.\"My Notes\"")]
    [InlineData("create table private.a (id bigint primary key);", "")]
    [InlineData("create temp table a (id bigint primary key);", "")]
    [InlineData("set search_path = private;\ncreate table a (id bigint primary key);", "")]
    [InlineData("create table a (id bigint primary key);\nalter table only public.a enable row level security, add x text;", "")]
    [InlineData("create table a (id bigint primary key);\nalter table a rename to b;\nalter table b enable row level security;", "")]
    [InlineData("create table a (id bigint primary key);\nalter table a set schema private;", "")]
    [InlineData("create table a (id bigint primary key);\ndrop table a;", "")]
    [InlineData("create table a (id bigint primary key);\nalter table a enable row level security;\nalter table a disable row level security;", "3:15 rls-disabled public.a")]
    [InlineData("alter table public.a disable row level security;", "1:22 rls-disabled public.a")]
    [InlineData("select 'create table a (id int)'; -- create table b (id int);", "")]
    [InlineData("create function f() returns void language plpgsql as $$ begin create table a (id int); delete from b; end $$;", "")]
    [InlineData("do $do$ begin\n  if true then create table a (id bigint primary key); end if;\nend $do$;", "2:16 rls-disabled public.a")]
    public void Row_level_security_is_asked_of_tables_the_api_serves(string sql, string expected) => AssertFinds(expected, "rls-disabled", sql);

    [Theory]
    [InlineData("create policy p on t for select using (auth.uid() = owner);", "1:1 policy-call-per-row public.t")]
    [InlineData("create policy p on t using ((select auth.uid()) = owner);", "")]
    [InlineData("create policy p on t using (owner = (select auth.jwt() ->> 'sub')::uuid);", "")]
    [InlineData("create policy p on t using (exists (select from members m where m.team = t.team and m.who = auth.uid()));", "1:1 policy-call-per-row public.t")]
    [InlineData("create policy p on t using (exists (select from members m where m.who = (select auth.uid())));", "")]
    [InlineData("create policy p on t with check (team = current_setting('app.team')::int);", "1:1 policy-call-per-row public.t")]
    [InlineData("create policy p on t using (uid() = owner); create policy q on t using ('auth.uid()' = name);", "")]
    [InlineData("create policy p on t using (true);\ncreate policy q on t using (auth.uid() = owner);\ndrop policy q on t;", "")]
    [InlineData("create policy p on t using (true);\nalter policy p on t using (AUTH . UID () = owner);", "2:1 policy-call-per-row public.t")]
    public void A_policy_asks_who_the_user_is_once(string sql, string expected) => AssertFinds(expected, "policy-call-per-row", sql);

    [Theory]
    [InlineData("owner = (select auth.uid())", "owner")]
    [InlineData("(select auth.uid()) = owner", "owner")]
    [InlineData("auth.uid() = t.owner and not hidden", "owner")]
    [InlineData("(auth.jwt() ->> 'team')::bigint = team", "team")]
    [InlineData("team in (select team from members where who = (select auth.uid()))", "team")]
    [InlineData("team = any (array(select my_teams())) or state = 'open'", "team")]
    [InlineData("team = any (my_teams())", "team")]
    [InlineData("state = 'open' and hidden = false and state in ('a', 'b') and state = any (array['a', 'b'])", "")]
    [InlineData("exists (select from members m where m.team = t.team and m.who = (select auth.uid()))", "")]
    [InlineData("created_at >= now() and lower(state) = my_state()", "")]
    [InlineData("id = my_row()", "")]
    public void A_column_that_a_policy_finds_rows_by_has_an_index(string condition, string columns)
    {
        string sql = $"create table t (id bigint primary key, owner uuid, team bigint, state text, hidden boolean, created_at timestamptz);\ncreate policy p on t for select using ({condition});";

        Assert.Equal(
            columns.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(column => $"public.t.{column}"),
            Findings(sql).Where(finding => finding.RuleId == "policy-column-not-indexed").Select(finding => finding.Object));
    }

    [Theory]
    [InlineData("alter table t add column a int not null, add column b uuid default gen_random_uuid ( ), add c int unique;", "required-column-without-default volatile-default unique-without-index")]
    [InlineData("alter table t add column a int not null default 0, add column b timestamptz not null default now(), add c serial not null;", "volatile-default")]
    [InlineData("alter table t add column if not exists a bigint references u (id) on delete set null;", "")]
    [InlineData("alter table t add column a bigint not null default 1 references u (id) on delete set default;", "constraint-without-not-valid")]
    [InlineData("alter table t add constraint c check (a > 0) not valid, add constraint d foreign key (a) references u (id) on update cascade not valid;", "")]
    [InlineData("alter table t add unique (a), add check (a in (1, 2));", "constraint-without-not-valid unique-without-index")]
    [InlineData("create table t (id bigint primary key); alter table t add column a int not null; create index on t (a); alter table t add check (a > 0); drop table t;", "")]
    [InlineData("alter table t alter a type text, alter column b set data type varchar(20), alter c set not null;", "column-type-change column-type-change set-not-null")]
    public void Locks_and_rewrites_count_for_tables_that_were_there(string sql, string expected) => Assert.Equal(
        expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(),
        Findings(sql).Where(finding => finding.RuleId.Contains("column-") || finding.RuleId is "volatile-default" or "unique-without-index" or "constraint-without-not-valid" or "set-not-null" or "index-not-concurrent" or "drop-table")
            .Select(finding => finding.RuleId).Order());

    [Theory]
    [InlineData("varchar(10)", "varchar(20)", false)]
    [InlineData("varchar(20)", "varchar(10)", true)]
    [InlineData("varchar(20)", "text", false)]
    [InlineData("text", "varchar(20)", true)]
    [InlineData("int", "integer", false)]
    [InlineData("int", "bigint", true)]
    [InlineData("timestamp", "timestamptz", true)]
    public void A_change_of_type_that_only_the_catalog_sees_is_free(string from, string to, bool isFound)
    {
        SchemaSnapshot before = SchemaSnapshot.OfFiles([new RuleFile("1.sql", $"create table t (id bigint primary key, a {from});")]);

        Assert.Equal(isFound, MigrationRules.Check([new RuleFile("2.sql", $"alter table t alter a type {to};")], before: before).Any(finding => finding.RuleId == "column-type-change"));
    }

    [Fact]
    public void What_a_later_file_of_the_run_does_counts()
    {
        IReadOnlyList<RuleFinding> findings = MigrationRules.Check(
        [
            new RuleFile("1.sql", "create table t (id bigint primary key, owner uuid references auth.users);"),
            new RuleFile("2.sql", "alter table t enable row level security;\ncreate policy p on t using (owner = (select auth.uid()));\ngrant select on t to authenticated;"),
            new RuleFile("3.sql", "create index on t (owner);"),
        ]);

        Assert.Empty(findings);
    }

    [Fact]
    public void A_finding_says_where_in_characters_with_many_bytes_and_lines_with_crlf()
    {
        RuleFinding finding = Assert.Single(Findings("-- 😀\r\n\r\nselect '😀é'; truncate\r\n t;"));

        Assert.Equal((3, 14, 1, "truncate", "public.t"), (finding.Line, finding.Column, finding.Statement, finding.RuleId, finding.Object));
        Assert.Equal("a.sql:3:14: High truncate: 'truncate' deletes every row of 'public.t', under a lock that blocks reads and writes.", finding.ToString());
    }

    [Fact]
    public void A_grant_in_a_later_file_or_by_default_privileges_is_enough()
    {
        const string Table = "create table t (id bigint primary key); alter table t enable row level security;";

        AssertFinds("1:1 missing-grant public.t", "missing-grant", Table);
        AssertFinds("", "missing-grant", Table + "grant select on all tables in schema public to authenticated;");
        AssertFinds("", "missing-grant", "alter default privileges in schema public grant all on tables to service_role;" + Table);
        AssertFinds("", "missing-grant", Table + "revoke all on table t from anon, authenticated;");
        AssertFinds("2:1 missing-grant public.t", "missing-grant", "grant all on all tables in schema other to anon; grant anon to postgres;\n" + Table);
    }

    [Theory]
    [InlineData("CREATE FUNCTION \"public\".\"f\"() RETURNS \"void\" LANGUAGE \"sql\" SECURITY DEFINER SET \"search_path\" TO '' AS $$ select $$;")]
    [InlineData("create function f() returns void language sql security definer as 'select 1'; ALTER FUNCTION \"public\".\"f\"() SET \"search_path\" TO '';")]
    [InlineData("create function f() returns void language sql security definer as 'select 1'; alter function f() rename to g; alter function g() set search_path = '';")]
    [InlineData("create function f() returns void language sql security definer as 'select 1'; alter function f() security invoker;")]
    [InlineData("create function f() returns int language sql begin atomic select security; definer; end;")]
    [InlineData("CREATE OR REPLACE VIEW \"public\".\"v\" WITH (\"security_invoker\"='on') AS SELECT 1;")]
    [InlineData("create view v as select 1; alter view public.v set (security_invoker = true);")]
    [InlineData("create table app.t (id bigint primary key, a bigint references app.u); alter table app.t drop constraint if exists t_a_fkey, drop constraint x;")]
    [InlineData("create temp view v as select email from auth.users;")]
    [InlineData("create temporary table t (id int); insert into t values (1); update t set id = 2; truncate t; drop table t;")]
    [InlineData("create table app.t (id bigint primary key); create index i on app.t (id); drop index app.i;")]
    [InlineData("CREATE POLICY \"p\" ON \"public\".\"t\" USING ((( SELECT \"auth\".\"uid\"() AS \"uid\") = \"owner\"));")]
    [InlineData("create table app.t (id bigint primary key, a text default 'x' not null, b \"text\", c numeric(10, 2) check (c > 0), d timestamp (3) with time zone, constraint e unique (a, b));")]
    public void What_dumps_and_people_write_well_is_not_found(string sql) => Assert.Empty(Findings(sql));

    [Fact]
    public void A_definer_function_is_found_where_it_is_written_not_where_its_owner_is()
    {
        AssertFinds("1:1 definer-search-path public.f", "definer-search-path", "create function f() returns void language sql security definer as 'select 1';\nalter function f() owner to postgres;");
        AssertFinds("1:1 policy-call-per-row public.t", "policy-call-per-row", "CREATE POLICY p ON public.t USING (\"auth\".\"uid\"() = owner AND \"current_setting\"('a.b') = 'c');");
    }

    [Theory]
    [InlineData("[api]\nschemas = [\"api\"]", "api.t")]
    [InlineData("[api]\nenabled = false", "")]
    [InlineData("[db]\nport = 1", "public.t")]
    public void The_configuration_says_what_the_api_serves(string configuration, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("supabase/config.toml", configuration);
        RuleOptions options = RuleOptions.Of(SupabaseConfiguration.Load(new ProjectFolder(folder.Path)));

        IReadOnlyList<RuleFinding> findings = MigrationRules.Check([new RuleFile("a.sql", "create table t (id bigint primary key); create table api.t (id bigint primary key);")], options);

        Assert.Equal(expected, string.Join(' ', findings.Where(finding => finding.RuleId == "rls-disabled").Select(finding => finding.Object)));
    }

    [Fact]
    public void Policies_on_tables_of_the_platform_are_read_whatever_is_known_of_the_schema() => Assert.Contains(
        MigrationRules.Check([new RuleFile("a.sql", "create policy p on storage.objects using (owner = auth.uid());")], before: SchemaSnapshot.OfFiles([])),
        finding => finding is { RuleId: "policy-call-per-row", Object: "storage.objects" });

    [Fact]
    public void The_reference_application_breaks_no_rule()
    {
        IEnumerable<string> files = Directory.GetFiles(Path.Combine(Repository.Root, "migrations"), "*.sql").Order(StringComparer.Ordinal);

        Assert.Empty(MigrationRules.Check([.. files.Select(file => new RuleFile(file, File.ReadAllText(file)))]));
    }

    [Fact]
    public void No_text_makes_the_rules_fail()
    {
        string text = string.Join('\n', RulePage.Ids.Select(RulePage.Read).SelectMany(page => page.Given.Concat(page.Found).Concat(page.Better)).Select(file => file.Text));
        string[] pieces = [.. Enumerable.Range(0, text.Length / 7).Select(i => text[(i * 7)..])];

        Assert.All(pieces, piece => Assert.All(Findings(piece[..Math.Min(piece.Length, 400)]), finding => Assert.InRange(finding.Line, 1, 400)));
    }

    private static IReadOnlyList<RuleFinding> Findings(string sql) => MigrationRules.Check([new RuleFile("a.sql", sql)]);

    private static void AssertFinds(string expected, string rule, string sql) => Assert.Equal(
        expected, string.Join('\n', Findings(sql).Where(finding => finding.RuleId == rule).Select(finding => $"{finding.Line}:{finding.Column} {finding.RuleId} {finding.Object}")));
}
