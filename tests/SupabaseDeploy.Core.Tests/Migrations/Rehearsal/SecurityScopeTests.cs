using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class SecurityScopeTests
{
    [Theory]
    [InlineData("GRANT ALL ON TABLE \"public\".\"Big \"\"Table\" TO \"anon\"", "Big \"Table")]
    [InlineData("grant select (id, body), update on messages to anon with grant option", "messages")]
    [InlineData("revoke grant option for select on public.messages from anon cascade", "messages")]
    [InlineData("GRANT USAGE ON SEQUENCE public.messages_id_seq TO anon", "messages_id_seq")]
    [InlineData("GRANT ALL ON FUNCTION \"public\".\"f\"(\"a\" \"text\", numeric(1,2)) TO \"anon\"", "f()")]
    [InlineData("CREATE POLICY \"on it\" ON \"public\".\"messages\" FOR SELECT TO anon USING (true)", "messages")]
    [InlineData("drop policy if exists own on messages", "messages")]
    [InlineData("ALTER TABLE ONLY \"public\".\"messages\" OWNER TO \"postgres\"", "messages")]
    [InlineData("alter table messages no force row level security", "messages")]
    [InlineData("ALTER FUNCTION public.f(a int) OWNER TO postgres", "f()")]
    public void A_statement_about_one_object_needs_only_that_one_to_be_read(string sql, string expected)
    {
        var scope = SecurityScope.Of(Assert.Single(SqlSplitter.Split(sql)));

        Assert.Equal(expected, scope is null ? null : scope.Name + (scope.IsFunction ? "()" : ""));
    }

    [Theory]
    [InlineData("grant select on a, b to anon")]
    [InlineData("grant select on all tables in schema public to anon")]
    [InlineData("grant usage on schema public to anon")]
    [InlineData("grant execute on function f(), g() to anon")]
    [InlineData("grant admin to editor")]
    [InlineData("revoke admin from editor")]
    [InlineData("alter default privileges in schema public grant select on tables to anon")]
    [InlineData("alter table messages owner to postgres, enable row level security")]
    [InlineData("alter table all in tablespace a owned by b set tablespace c")]
    [InlineData("do $$ begin grant select on messages to anon; end $$")]
    [InlineData("select grant_all()")]
    [InlineData("drop owned by anon")]
    public void Anything_else_is_looked_at_as_a_whole(string sql) => Assert.Null(SecurityScope.Of(Assert.Single(SqlSplitter.Split(sql))));
}
