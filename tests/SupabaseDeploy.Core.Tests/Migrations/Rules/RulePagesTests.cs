using Npgsql;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Migrations.Rules;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;
using Xunit;

namespace SupabaseDeploy.Core.Tests.Migrations.Rules;

public sealed class RulePagesTests
{
    public static IEnumerable<TheoryDataRow<string>> Pages => RulePage.Ids.Select(id => new TheoryDataRow<string>(id));

    [Fact]
    public void Every_rule_has_a_page_and_every_page_a_rule() => Assert.Equal(RuleTable.All.Select(rule => rule.Id).Order(StringComparer.Ordinal), RulePage.Ids.Order(StringComparer.Ordinal));

    [Fact]
    public void The_index_lists_every_rule_with_its_severity_and_title()
    {
        string index = File.ReadAllText(Path.Combine(RulePage.Folder, "README.md"));

        Assert.All(RuleTable.All, rule => Assert.Contains($"| [{rule.Id}]({rule.Id}.md) | {rule.Severity} | {rule.Title} |", index, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_says_what_the_rule_says(string id)
    {
        MigrationRule rule = RuleTable.All.Single(rule => rule.Id == id);
        RulePage page = RulePage.Read(id);

        Assert.Equal($"# {id}", page.Title);
        Assert.Equal($"**{rule.Severity}** · {rule.Title}", page.Headline);
        Assert.True(File.Exists(Path.Combine(Repository.Root, rule.Page)));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_pages_examples_hold_for_the_files_alone(string id)
    {
        RulePage page = RulePage.Read(id);
        SchemaSnapshot before = SchemaSnapshot.OfFiles(page.Given);

        Assert.Contains(id, Ids(MigrationRules.Check(page.Found, before: before)));
        Assert.DoesNotContain(id, Ids(MigrationRules.Check(page.Better, before: before)));
    }

    [Fact]
    public async Task The_examples_of_every_page_hold_for_the_catalog()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        foreach (RulePage page in RulePage.Ids.Select(RulePage.Read))
        {
            Assert.True((await CheckAsync(database, page, page.Found)).Contains(page.Id), $"'{page.Id}' does not find what its page says is found.");
            Assert.False((await CheckAsync(database, page, page.Better)).Contains(page.Id), $"'{page.Id}' finds what its page says is better.");
        }
    }

    private static async Task<IReadOnlyList<string>> CheckAsync(TestDatabase shared, RulePage page, IReadOnlyList<RuleFile> files)
    {
        if (files.All(file => SqlScript.Parse(file.Path, file.Text).Mode == ScriptMode.OneTransaction))
        {
            await using NpgsqlConnection connection = await shared.Application.OpenAsync(CancellationToken.None);
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
            return await CheckAsync(connection, page, files);
        }

        await using TestDatabase own = await TestDatabase.CreateAsync();
        await using NpgsqlConnection alone = await own.Application.OpenAsync(CancellationToken.None);
        return await CheckAsync(alone, page, files);
    }

    private static async Task<IReadOnlyList<string>> CheckAsync(NpgsqlConnection connection, RulePage page, IReadOnlyList<RuleFile> files)
    {
        await ApplyAsync(connection, page.Given);
        SchemaSnapshot before = await SchemaSnapshot.ReadAsync(connection, CancellationToken.None);
        await ApplyAsync(connection, files);
        SchemaSnapshot after = await SchemaSnapshot.ReadAsync(connection, CancellationToken.None);
        return Ids(MigrationRules.Check(files, before: before, after: after));
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, IReadOnlyList<RuleFile> files)
    {
        foreach (SqlStatement statement in files.SelectMany(file => SqlSplitter.Split(file.Text)))
        {
            await using var command = new NpgsqlCommand(statement.Text, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private static List<string> Ids(IReadOnlyList<RuleFinding> findings) => [.. findings.Select(finding => finding.RuleId)];
}
