using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests;

/// <summary>What Get-Help shows, compared with the commands as they are. Built by <c>./build.sh Help</c>.</summary>
public sealed class HelpTests
{
    private static readonly ModuleSession s_session = new();

    public static TheoryData<string> Commands => [.. Exported().Select(command => command.Name)];

    [Fact]
    public void The_manifest_exports_exactly_the_commands_that_exist()
    {
        var manifest = (HashtableAst)Parser.ParseFile(Repository.ModuleManifest, out _, out _).Find(ast => ast is HashtableAst, searchNestedScriptBlocks: false)!;
        var declared = ((object[])((Hashtable)manifest.SafeGetValue())["CmdletsToExport"]!).Cast<string>();
        Assert.Equal(declared.Order(StringComparer.Ordinal), Exported().Select(command => command.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_has_help_with_a_synopsis_and_examples(string name)
    {
        PSObject help = Help(name);

        Assert.NotEmpty(Text(help, "Synopsis"));
        Assert.DoesNotContain("[[", Text(help, "Synopsis"), StringComparison.Ordinal); // The engine's own syntax line: no page was found.
        Assert.NotEmpty(Items(help, "examples", "example"));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_lists_the_parameters_as_they_are(string name)
    {
        string[] common = [.. Cmdlet.CommonParameters, .. Cmdlet.OptionalCommonParameters];
        CmdletInfo command = Exported().Single(candidate => candidate.Name == name);
        IEnumerable<string> actual = command.Parameters.Values.Where(parameter => !common.Contains(parameter.Name)).Select(Actual);

        IEnumerable<string> documented = Items(Help(name), "parameters", "parameter")
            .Where(parameter => !common.Contains(Text(parameter, "name")))
            .Select(Documented);

        Assert.Equal(actual.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    private static IReadOnlyList<CmdletInfo> Exported() =>
        [.. s_session.Run("Get-Command -Module SupabaseDeploy").Output.Select(command => (CmdletInfo)command.BaseObject)];

    private static PSObject Help(string name) => Assert.Single(s_session.Run($"Get-Help {name} -Full").Output);

    private static string Actual(ParameterMetadata parameter)
    {
        ICollection<ParameterSetMetadata> sets = parameter.ParameterSets.Values;
        string position = sets.Any(set => set.Position >= 0) ? sets.Max(set => set.Position).ToString() : "named";
        string pipeline = sets.Any(set => set.ValueFromPipeline || set.ValueFromPipelineByPropertyName) ? "pipeline" : "no pipeline";
        return $"{parameter.Name} {(sets.All(set => set.IsMandatory) ? "required" : "optional")} {position} {pipeline}";
    }

    private static string Documented(PSObject parameter)
    {
        string pipeline = Text(parameter, "pipelineInput").StartsWith("true", StringComparison.OrdinalIgnoreCase) ? "pipeline" : "no pipeline";
        return $"{Text(parameter, "name")} {(Text(parameter, "required") == "true" ? "required" : "optional")} {Text(parameter, "position").ToLowerInvariant()} {pipeline}";
    }

    private static string Text(PSObject item, string property) => item.Properties[property]?.Value?.ToString()?.Trim() ?? "";

    private static IEnumerable<PSObject> Items(PSObject help, string list, string item) =>
        help.Properties[list]?.Value is PSObject container && container.Properties[item]?.Value is { } value
            ? LanguagePrimitives.GetEnumerable(value) is { } many ? many.Cast<object>().Select(PSObject.AsPSObject) : [PSObject.AsPSObject(value)]
            : [];
}
