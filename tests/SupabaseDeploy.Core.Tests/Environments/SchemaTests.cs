using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Environments;

/// <summary>What an editor completes is what the reader takes.</summary>
public sealed class SchemaTests
{
    private static readonly JsonElement s_schema = Read("pipeline.schema.json");

    public static TheoryData<string> Sections => [.. PipelineKeys.Sections.Keys];

    [Theory]
    [MemberData(nameof(Sections))]
    public void The_schema_has_the_keys_of_the_reader_and_no_other(string section)
    {
        JsonElement node = Node(section);
        Assert.Equal(PipelineKeys.Sections[section].Order(), node.GetProperty("properties").EnumerateObject().Select(property => property.Name).Order());
        Assert.False(node.GetProperty("additionalProperties").GetBoolean());
    }

    [Fact]
    public void The_schema_describes_no_section_that_the_reader_does_not_know() =>
        Assert.Equal(PipelineKeys.Sections.Keys.Order(), SectionsBelow("", s_schema).Order());

    [Fact]
    public void The_schema_has_the_choices_of_the_reader()
    {
        Assert.Equal(PipelineReader.Targets, Choices(Node("stages[]").GetProperty("properties").GetProperty("target")));
        Assert.Equal(PipelineReader.Engines, Choices(Node("stages[]").GetProperty("properties").GetProperty("engine")));
        Assert.Equal(GatesReader.Evidence, Choices(Node("stages[].gates.evidence[]").GetProperty("properties").GetProperty("kind")));
    }

    [Fact]
    public void The_files_of_the_reference_application_are_valid_and_name_their_schemas()
    {
        Assert.All(EnvironmentTest.Run(new ProjectFolder(Repository.Root), ["*"]), test => Assert.Equal(ConfigurationSeverity.Ok, test.Severity));
        Assert.StartsWith("# yaml-language-server: $schema=./pipeline.schema.json\n", File.ReadAllText(Path.Combine(Repository.Root, "env", "pipeline.yml")));
        foreach (string name in DeploymentPipeline.Load(new ProjectFolder(Repository.Root)).StageNames)
        {
            Assert.Equal("./environment.schema.json", Read(name + ".json").GetProperty("$schema").GetString());
        }
    }

    private static JsonElement Read(string name) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "env", name))).RootElement;

    private static IEnumerable<string?> Choices(JsonElement node) => node.GetProperty("enum").EnumerateArray().Select(choice => choice.GetString());

    private static JsonElement Node(string section)
    {
        JsonElement node = s_schema;
        foreach (string part in section.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            node = Target(node.GetProperty("properties").GetProperty(part.Replace("[]", "", StringComparison.Ordinal)));
            node = part.EndsWith("[]", StringComparison.Ordinal) ? Target(node.GetProperty("items")) : node;
        }

        return node;
    }

    private static IEnumerable<string> SectionsBelow(string section, JsonElement node)
    {
        yield return section;
        foreach (JsonProperty property in node.GetProperty("properties").EnumerateObject())
        {
            JsonElement child = Target(property.Value);
            string name = section.Length == 0 ? property.Name : $"{section}.{property.Name}";
            if (child.TryGetProperty("items", out JsonElement items))
            {
                child = Target(items);
                name += "[]";
            }

            if (child.TryGetProperty("properties", out _))
            {
                foreach (string below in SectionsBelow(name, child))
                {
                    yield return below;
                }
            }
        }
    }

    private static JsonElement Target(JsonElement node) =>
        node.TryGetProperty("$ref", out JsonElement reference)
            ? s_schema.GetProperty("$defs").GetProperty(reference.GetString()!.Split('/')[^1])
            : node;
}
