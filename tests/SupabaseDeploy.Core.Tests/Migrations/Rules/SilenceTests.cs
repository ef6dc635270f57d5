using SupabaseDeploy.Migrations.Rules;

namespace SupabaseDeploy.Core.Tests.Migrations.Rules;

public sealed class SilenceTests
{
    [Theory]
    [InlineData("-- supabase-deploy: ignore truncate -- a cache\ntruncate t;")]
    [InlineData("-- a cache\n--supabase-deploy:  ignore truncate --a cache\n\ntruncate t;")]
    [InlineData("truncate t; -- supabase-deploy: ignore truncate -- a cache\nselect 1;")]
    [InlineData("truncate t; -- supabase-deploy: ignore truncate -- a cache")]
    [InlineData("truncate -- supabase-deploy: ignore truncate -- a cache\r\n t;\r\n")]
    [InlineData("/* supabase-deploy: ignore drop-table, truncate -- a cache */ truncate t; select 1", "silence-unused")]
    [InlineData("do $$ begin\n  -- supabase-deploy: ignore truncate -- a cache\n  truncate t;\nend $$;")]
    [InlineData("-- supabase-deploy: ignore truncate\ntruncate t;", "silence-without-reason", "truncate")]
    [InlineData("-- supabase-deploy: ignore truncate --\ntruncate t;", "silence-without-reason", "truncate")]
    [InlineData("-- supabase-deploy: ignore truncat -- a cache\ntruncate t;", "silence-unknown", "truncate")]
    [InlineData("-- supabase-deploy: allow truncate\ntruncate t;", "silence-unknown", "truncate")]
    [InlineData("-- supabase-deploy: ignore truncate -- a cache\nselect 1;\ntruncate t;", "silence-unused", "truncate")]
    [InlineData("select 1;\n-- supabase-deploy: ignore truncate -- at the end", "silence-unused")]
    [InlineData("select 'x -- supabase-deploy: ignore truncate -- a text';\ntruncate t;", "truncate")]
    public void A_comment_with_a_reason_silences_a_rule_for_its_statement(string sql, params string[] left) =>
        Assert.Equal(left, MigrationRules.Check([new RuleFile("a.sql", sql)]).Select(finding => finding.RuleId));

    [Fact]
    public void A_rule_that_does_not_exist_is_answered_with_the_nearest()
    {
        RuleFinding finding = MigrationRules.Check([new RuleFile("a.sql", "-- supabase-deploy: ignore rls-disbled -- why\nselect 1;")])[0];

        Assert.Equal("There is no rule 'rls-disbled'. Did you mean 'rls-disabled'?", finding.Message);
    }

    [Fact]
    public void What_the_schema_lacks_is_silenced_at_the_statement_that_made_it()
    {
        const string Sql = "-- supabase-deploy: ignore rls-disabled, missing-grant -- kept by the server\ncreate table t (id bigint primary key);\nselect 1;";

        Assert.Empty(MigrationRules.Check([new RuleFile("a.sql", Sql)]));
    }
}
