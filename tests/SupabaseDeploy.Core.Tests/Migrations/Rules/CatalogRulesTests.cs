using Npgsql;
using SupabaseDeploy.Migrations.Rules;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations.Rules;

/// <summary>What the catalog of a shadow knows and the text does not.</summary>
public sealed class CatalogRulesTests
{
    [Theory]
    [InlineData("", "do $$ begin execute 'create table no' || 'tes (id bigint primary key)'; end $$;", "1:1 rls-disabled public.notes")]
    [InlineData("", "select 1;\ndo $$ begin execute 'create view v as select id from auth.users'; end $$;", "2:1 auth-users-exposed public.v\n2:1 view-security-definer public.v")]
    [InlineData(
        "",
        "create table a (id bigint primary key);\ngrant select on a to authenticated;\ndo $$ declare t text; begin for t in select tablename from pg_tables where schemaname = 'public' loop execute format('alter table %I enable row level security', t); end loop; end $$;\ncreate policy p on a for select using (true);",
        "")]
    [InlineData(
        "create table a (id bigint primary key, b_id bigint); create table b (id bigint primary key); create index on a (b_id);",
        "alter table a add constraint c foreign key (b_id) references b not valid;",
        "")]
    [InlineData(
        "create table a (id bigint primary key, x varchar(10), \"Owner\" uuid); alter table a enable row level security;",
        "alter table a alter x type varchar(20);\ncreate policy \"p 1\" on a for select using (\"Owner\" = auth.uid() or x = any (array['a', 'b']) or x in ('c'));",
        "2:1 policy-call-per-row public.a\n2:1 policy-column-not-indexed public.a.\"Owner\"")]
    [InlineData("create table a (id bigint primary key);", "drop table if exists a, b; drop table if exists c;", "1:1 drop-table public.a")]
    [InlineData("create table a (id bigint primary key);", "create table if not exists a (id int primary key, at timestamp);", "")]
    [InlineData("create schema app;", "set search_path to app, public;\ncreate table a (id bigint primary key, at timestamp);", "2:40 timestamp-without-time-zone app.a.at")]
    [InlineData(
        "create function f(int) returns int language sql security definer as 'select 1';",
        "alter function f(int) set search_path = '';\ncreate function g(a text, b int default 1) returns int language sql security definer as 'select 1';",
        "2:1 definer-search-path public.g(a text, b integer)")]
    [InlineData(
        "create table a (id bigint primary key, x text); alter table a add constraint n check (x is not null) not valid;",
        "alter table a validate constraint n;\nalter table a alter x set not null;",
        "")]
    [InlineData("", "create policy mine on storage.objects for select using (bucket_id = 'a' and owner = auth.uid());", "1:1 policy-call-per-row storage.objects")]
    [InlineData(
        "create table a (id bigint primary key, b uuid); alter table a enable row level security; create index on a (b);",
        "do $$ begin perform 1; end $$;\ncreate policy \"Everybody who is signed in may read the rows that are his or her öwn\" on a for select using (b = auth.uid());",
        "2:1 policy-call-per-row public.a")]
    [InlineData("", "create extension if not exists pgcrypto; create extension citext;", "1:42 extension-in-public citext")]
    public async Task The_catalog_decides(string given, string migration, string expected)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await using NpgsqlConnection connection = await database.Application.OpenAsync(CancellationToken.None);
        await RunAsync(connection, given);
        SchemaSnapshot before = await SchemaSnapshot.ReadAsync(connection, CancellationToken.None);
        await RunAsync(connection, migration);
        SchemaSnapshot after = await SchemaSnapshot.ReadAsync(connection, CancellationToken.None);

        IReadOnlyList<RuleFinding> findings = MigrationRules.Check([new RuleFile("a.sql", migration)], before: before, after: after);

        Assert.Equal(expected, string.Join('\n', findings.Select(finding => $"{finding.Line}:{finding.Column} {finding.RuleId} {finding.Object}")));
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql + ";reset search_path", connection);
        await command.ExecuteNonQueryAsync();
    }
}
