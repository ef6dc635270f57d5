using System.Globalization;
using System.Text.Json;
using SupabaseDeploy.Migrations.Rules;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations.Rules;

/// <summary>The page that explains each difference from squawk is compared with the real squawk.</summary>
public sealed class SquawkComparisonTests
{
    private static readonly string Samples = Path.Combine(Repository.Root, "tests", "SupabaseDeploy.Core.Tests", "Migrations", "Rules", "Samples");
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(RulePage.Folder, "squawk.md"));

    [Fact]
    public async Task Each_difference_from_squawk_is_explained_and_none_that_is_not_there()
    {
        IReadOnlyDictionary<string, string[]> counterparts = Counterparts();
        HashSet<Place> squawk = await SquawkAsync();
        HashSet<Place> ours = Ours();

        IEnumerable<string> onlySquawk = squawk
            .Where(found => counterparts[found.Rule].Length > 0 && !counterparts[found.Rule].Any(rule => ours.Contains(found with { Rule = rule })))
            .Select(found => $"{found.File}:{found.Line} {found.Rule} squawk");
        IEnumerable<string> onlyHere = ours
            .Where(found => counterparts.Values.Any(rules => rules.Contains(found.Rule))
                && !counterparts.Any(pair => pair.Value.Contains(found.Rule) && squawk.Contains(found with { Rule = pair.Key })))
            .Select(found => $"{found.File}:{found.Line} {found.Rule} here");

        List<string> explained = [.. Rows("Differences").Select(row => $"{row[0]} {row[1]} {row[2]}")];
        List<string> there = [.. onlySquawk, .. onlyHere];
        Assert.True(!there.Except(explained).Any(), "Not explained:\n" + string.Join('\n', there.Except(explained)));
        Assert.True(!explained.Except(there).Any(), "No longer so:\n" + string.Join('\n', explained.Except(there)));
        Assert.All(Rows("Differences").Concat(Rows("Rule by rule").Where(row => row[1] == "none")), row => Assert.NotEmpty(row[^1]));
    }

    [Fact]
    public void Every_rule_has_a_counterpart_or_is_said_to_have_none()
    {
        IEnumerable<string> shared = Counterparts().Values.SelectMany(rules => rules).Distinct();

        Assert.Equal(
            RuleTable.All.Select(rule => rule.Id).Order(StringComparer.Ordinal),
            shared.Concat(Rows("Only here").Select(row => row[0])).Order(StringComparer.Ordinal));
    }

    private static Dictionary<string, string[]> Counterparts() => Rows("Rule by rule").ToDictionary(
        row => row[0], row => row[1] == "none" ? [] : row[1].Split(", "), StringComparer.Ordinal);

    private static HashSet<Place> Ours() =>
    [
        .. from path in Files()
           from finding in MigrationRules.Check([new RuleFile(Path.GetFileName(path), File.ReadAllText(path))])
           select new Place(finding.File, finding.Line, finding.RuleId),
    ];

    private static async Task<HashSet<Place>> SquawkAsync()
    {
        string program = await NpmPackage.ProgramAsync("squawk-cli", "2.66.0", "squawk");
        var request = new ProcessRequest(program, ["--reporter", "json", "--pg-version", "15", .. Files()]) { WorkingDirectory = Samples };
        ProcessResult result = await ChildProcess.RunAsync(request, CancellationToken.None);
        using JsonDocument findings = JsonDocument.Parse(result.Output);
        return
        [
            .. findings.RootElement.EnumerateArray().Select(finding => new Place(
                Path.GetFileName(finding.GetProperty("file").GetString()!), finding.GetProperty("line").GetInt32() + 1, finding.GetProperty("rule_name").GetString()!)),
        ];
    }

    private static IEnumerable<string> Files() => Directory.GetFiles(Samples, "*.sql").Order(StringComparer.Ordinal);

    /// <summary>The cells of the table under a heading, without the marks for code and links.</summary>
    private static IEnumerable<string[]> Rows(string heading) => Page
        .SkipWhile(line => line != $"## {heading}").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal) || line.StartsWith("| [", StringComparison.Ordinal))
        .Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries).Select(Plain).ToArray());

    private static string Plain(string cell) => string.Join(", ", cell.Split(", ").Select(part =>
        part.StartsWith('[') && part.Contains("](", StringComparison.Ordinal) ? part[1..part.IndexOf(']', StringComparison.Ordinal)] : part.StartsWith('`') && part.EndsWith('`') ? part[1..^1] : part));

    private readonly record struct Place(string File, int Line, string Rule)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line} {Rule}");
    }
}
