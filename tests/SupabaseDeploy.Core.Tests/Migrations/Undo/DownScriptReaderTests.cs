using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations.Undo;

public sealed class DownScriptReaderTests
{
    [Theory]
    [InlineData("drop table if exists a, public.\"B c\" cascade", "Table a; Table public.\"B c\"")]
    [InlineData("/* drop table x */ DROP -- why\n TABLE a", "Table a")]
    [InlineData("truncate only a, b.c *", "Table a; Table b.c")]
    [InlineData("truncate table a cascade", "Table a; Unknown truncate … cascade")]
    [InlineData("drop schema app cascade", "Schema app")]
    [InlineData("alter table a drop column b", "Column a.b")]
    [InlineData("alter table if exists only public.a drop if exists \"B\"\"c\" cascade, add c int check (c in (1, 2)), drop D restrict", "Column public.a.B\"c; Column public.a.d")]
    [InlineData("alter table a drop constraint b, alter column c drop not null, alter constraint d deferrable", "")]
    [InlineData("alter table a alter b set data type int using b::int", "Unknown alter table a alter column type")]
    [InlineData("alter type t drop attribute b", "Unknown alter type … attribute")]
    [InlineData("drop type t", "")]
    [InlineData("drop type t cascade", "Unknown drop type … cascade")]
    [InlineData("drop extension pgcrypto", "Unknown drop extension")]
    [InlineData("delete from a where id = 1", "Unknown delete")]
    [InlineData("update a set b = 'drop table x'", "Unknown update")]
    [InlineData("with gone as (delete from a returning *) insert into b select * from gone", "Unknown with")]
    [InlineData("do $$ begin drop table a; end $$", "Unknown do")]
    [InlineData("select cron.unschedule('x')", "Unknown select")]
    [InlineData("select 1", "")]
    [InlineData("insert into a values (1)", "")]
    [InlineData("insert into a values (1) on conflict (id) do update set b = 1", "Unknown insert")]
    [InlineData("drop policy p on a; drop index concurrently i; drop view v cascade; drop function f(int); drop trigger t on a; revoke all on a from anon", "")]
    [InlineData("create or replace function f() returns int language sql as 'delete from a returning 1'", "")]
    [InlineData("-- only a comment", "")]
    public void Places_where_data_may_go_are_found_by_the_words(string sql, string expected)
    {
        IReadOnlyList<DataTouch> touches = DownScriptReader.Read(SqlScript.Parse("/x.sql", "-- pg-delta: transaction=false\n" + sql));

        Assert.Equal(expected, string.Join("; ", touches.Select(touch => $"{touch.Kind} {touch.Name}{(touch.Column is null ? "" : "." + touch.Column)}")));
    }
}
