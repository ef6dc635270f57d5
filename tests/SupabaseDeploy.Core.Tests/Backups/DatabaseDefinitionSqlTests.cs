
namespace SupabaseDeploy.Backups;

public sealed class DatabaseDefinitionSqlTests
{
    private static readonly DatabaseDefinition s_definition = new()
    {
        Encoding = "UTF8",
        Collation = "C.UTF-8",
        CharacterType = "C.UTF-8",
        Owner = "postgres",
        ConnectionLimit = 50,
        Comment = "it's ours",
        Grants = [new DatabaseGrant(null, "CONNECT", false), new DatabaseGrant("anon", "TEMPORARY", true)],
        Settings =
        [
            new DatabaseSetting(null, "search_path", "\"$user\", public, \"My, Schema\", \"\""),
            new DatabaseSetting(null, "app.settings.jwt_secret", "a'b\\c"),
            new DatabaseSetting("anon", "statement_timeout", "3s"),
        ],
    };

    [Fact]
    public void A_database_of_the_same_kind_is_made_from_nothing()
    {
        Assert.Equal(
            "create database \"post\"\"gres\" template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'",
            DatabaseDefinitionSql.Create("post\"gres", s_definition));
        Assert.EndsWith(" locale_provider icu icu_locale 'und'", DatabaseDefinitionSql.Create("x", s_definition with { IcuLocale = "und" }), StringComparison.Ordinal);
    }

    [Fact]
    public void It_sorts_as_before_whatever_the_server_is_used_to()
    {
        Assert.EndsWith(" lc_ctype 'C.UTF-8' locale_provider libc", DatabaseDefinitionSql.Create("x", s_definition with { IsLibc = true }), StringComparison.Ordinal);
        Assert.EndsWith(" locale_provider builtin builtin_locale 'C.UTF-8'", DatabaseDefinitionSql.Create("x", s_definition with { BuiltinLocale = "C.UTF-8" }), StringComparison.Ordinal);
        Assert.EndsWith(
            " locale_provider icu icu_locale 'und' icu_rules '&a < b'",
            DatabaseDefinitionSql.Create("x", s_definition with { IcuLocale = "und", IcuRules = "&a < b" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Owner_privileges_limit_comment_and_settings_are_given_to_it() =>
        Assert.Equal(
            [
                "alter database \"x\" owner to \"postgres\"",
                "revoke all on database \"x\" from public, \"postgres\"",
                "grant CONNECT on database \"x\" to public",
                "grant TEMPORARY on database \"x\" to \"anon\" with grant option",
                "alter database \"x\" connection limit 50",
                "comment on database \"x\" is 'it''s ours'",
                "alter database \"x\" set \"search_path\" to '$user', 'public', 'My, Schema', ''",
                "alter database \"x\" set \"app\".\"settings\".\"jwt_secret\" to E'a''b\\\\c'",
                "alter role \"anon\" in database \"x\" set \"statement_timeout\" to '3s'",
            ],
            DatabaseDefinitionSql.Configure("x", s_definition));

    [Fact]
    public void PostgreSQLs_own_defaults_are_left_alone() =>
        Assert.Equal(
            ["alter database \"x\" owner to \"postgres\""],
            DatabaseDefinitionSql.Configure("x", s_definition with { Grants = null, ConnectionLimit = -1, Comment = null, Settings = [] }));
}
