
namespace SupabaseDeploy.Backups;

public sealed class RolesScriptTests
{
    private const string Script =
        """"
        --
        -- PostgreSQL database cluster dump
        --

        \restrict 4gNvGk

        SET default_transaction_read_only = off;

        CREATE ROLE anon;
        ALTER ROLE anon WITH NOSUPERUSER INHERIT NOLOGIN;
        CREATE ROLE "Mary ""M""";
        ALTER ROLE "Mary ""M""" WITH LOGIN PASSWORD 'SCRAM-SHA-256$4096:x';
        COMMENT ON ROLE anon IS 'a "quote;
        on two lines;
        it''s one value';
        ALTER ROLE anon SET statement_timeout TO '3s';

        GRANT anon TO authenticator GRANTED BY postgres;
        GRANT "group one" TO "Mary ""M""" WITH ADMIN OPTION;

        \unrestrict 4gNvGk
        """";

    [Fact]
    public void Statements_are_read_with_the_role_they_are_about()
    {
        IReadOnlyList<RoleStatement> statements = RolesScript.Parse(Script);

        Assert.Equal(
            [
                ("anon", "CREATE ROLE anon"),
                ("anon", "ALTER ROLE anon WITH NOSUPERUSER INHERIT NOLOGIN"),
                ("Mary \"M\"", "CREATE ROLE \"Mary \"\"M\"\"\""),
                ("Mary \"M\"", "ALTER ROLE \"Mary \"\"M\"\"\" WITH LOGIN PASSWORD 'SCRAM-SHA-256$4096:x'"),
                ("anon", "COMMENT ON ROLE anon IS 'a \"quote;\non two lines;\nit''s one value'"),
                ("anon", "ALTER ROLE anon SET statement_timeout TO '3s'"),
                ("authenticator", "GRANT anon TO authenticator GRANTED BY postgres"),
                ("Mary \"M\"", "GRANT \"group one\" TO \"Mary \"\"M\"\"\" WITH ADMIN OPTION"),
            ],
            statements.Select(statement => (statement.Role, statement.Sql.ReplaceLineEndings("\n"))));
    }

    [Fact]
    public void A_server_keeps_the_roles_it_has_and_gets_those_it_lacks()
    {
        IReadOnlyList<RoleStatement> chosen = DatabaseBuilder.Choose(RolesScript.Parse(Script), ["anon", "authenticator"], "supabase_admin", changesExisting: false);

        Assert.All(chosen, statement => Assert.Equal("Mary \"M\"", statement.Role));
        Assert.Equal(3, chosen.Count);
    }

    [Fact]
    public void A_drill_takes_every_attribute_but_never_changes_the_role_it_works_as()
    {
        IReadOnlyList<RoleStatement> chosen = DatabaseBuilder.Choose(RolesScript.Parse(Script), ["anon", "authenticator"], "authenticator", changesExisting: true);

        Assert.DoesNotContain(chosen, statement => statement.Role == "authenticator");
        Assert.DoesNotContain(chosen, statement => statement.Sql == "CREATE ROLE anon");
        Assert.Contains(chosen, statement => statement.Sql == "ALTER ROLE anon SET statement_timeout TO '3s'");
    }
}
