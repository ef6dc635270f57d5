using System.Text;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Environments;

/// <summary>Every file in <c>bad/</c> against the messages approved beside it: all of them, whole, in order.</summary>
public sealed class BadConfigurationTests : IDisposable
{
    private const string GoodPipeline = """
        application: courses
        stages:
          - name: local
            target: local

        """;

    private static readonly string s_folder = Path.Combine(Repository.Root, "tests", "SupabaseDeploy.Core.Tests", "Environments", "bad");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Files => [.. Directory.GetFiles(s_folder).Select(path => Path.GetFileName(path)!).Where(name => !name.EndsWith(".txt", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public void A_bad_file_is_refused_with_every_problem_named(string name)
    {
        _folder.Write("env/pipeline.yml", GoodPipeline);
        File.Copy(Path.Combine(s_folder, name), Path.Combine(_folder.Path, "env", name.EndsWith(".yml", StringComparison.Ordinal) ? "pipeline.yml" : "local.json"), overwrite: true);

        var error = Assert.Throws<ConfigurationException>(() => DeploymentPipeline.Load(new ProjectFolder(_folder.Path)));

        Assert.Equal(ErrorTable.InvalidConfiguration, error.Code);
        string messages = string.Concat(error.Problems.Select(problem => $"{problem.Severity} {problem}\n"));
        Assert.Equal(File.ReadAllText(Path.Combine(s_folder, name + ".txt"), Encoding.UTF8), messages);
        Assert.DoesNotContain("hunter2", messages);
        Assert.DoesNotContain("eyJ", messages);
    }

    [Fact]
    public void A_missing_file_is_named_with_the_folder_it_was_looked_for_in()
    {
        var error = Assert.Throws<ConfigurationException>(() => DeploymentPipeline.Load(new ProjectFolder(_folder.Path)));

        Assert.Equal(ErrorTable.PipelineNotFound, error.Code);
        Assert.Equal($"env/pipeline.yml: there is no such file in '{_folder.Path}'; expected one that declares the stages.", error.Message);
    }

    [Fact]
    public void A_file_with_the_other_extension_is_pointed_at()
    {
        _folder.Write("env/pipeline.yaml", GoodPipeline);
        var error = Assert.Throws<ConfigurationException>(() => DeploymentPipeline.Load(new ProjectFolder(_folder.Path)));
        Assert.EndsWith(" Did you mean 'env/pipeline.yaml'? Rename it.", error.Message);
    }

    [Theory]
    [InlineData("pipeline.yml")]
    [InlineData("local.json")]
    public void However_a_file_is_cut_off_or_loses_a_character_it_is_read_or_refused(string name)
    {
        string whole = File.ReadAllText(Path.Combine(Repository.Root, "env", name));
        _folder.Write("env/pipeline.yml", GoodPipeline);
        for (int position = 0; position < whole.Length; position++)
        {
            foreach (string broken in (string[])[whole[..position], whole.Remove(position, 1)])
            {
                _folder.Write("env/" + name, broken);
                Exception? thrown = Record.Exception(() => DeploymentPipeline.Load(new ProjectFolder(_folder.Path)));
                Assert.True(thrown is null or ConfigurationException, $"{thrown} for:\n{broken}");
            }
        }
    }

    [Fact]
    public void Several_problems_in_several_files_are_one_error()
    {
        _folder.Write("env/pipeline.yml", "application: courses\nstages:\n  - name: local\n    target: locale\n");
        _folder.Write("env/local.json", """{ "LIST": [] }""");

        var error = Assert.Throws<ConfigurationException>(() => DeploymentPipeline.Load(new ProjectFolder(_folder.Path)));

        Assert.Equal(
            """
            The configuration has 2 problems:
              env/pipeline.yml:4: stages[0].target: 'locale' cannot be used; expected 'local', 'supabase-cloud', 'docker' or 'kubernetes'. Did you mean 'local'?
              env/local.json:1: LIST: a list stands here; expected text, a number, true or false.
            """,
            error.Message);
        Assert.Equal(["local", "local"], error.Problems.Select(problem => problem.Environment));
    }
}
