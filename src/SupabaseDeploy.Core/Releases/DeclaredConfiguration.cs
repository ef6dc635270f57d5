using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Releases;

/// <summary>Reads the public configuration of every stage from the project's files.</summary>
internal static class DeclaredConfiguration
{
    /// <summary>Empty where there is no <c>pipeline.yml</c>, or none that can be used: whoever publishes hears of that.</summary>
    public static ReleaseConfiguration Read(ProjectFolder project, ConfigurationFiles files)
    {
        if (files.Pipeline is null || files.Problems.Any(problem => problem.Severity == ConfigurationSeverity.Error))
        {
            return ReleaseConfiguration.Empty;
        }

        var settings = new DeclaredSettings(project);
        string[] stages = [.. files.Pipeline.Stages.Select(stage => stage.Name!.Value)];
        return new ReleaseConfiguration
        {
            Variables = NotEmpty(stages, stage => files.Variables.GetValueOrDefault(stage)),
            Settings = NotEmpty(stages, stage => settings.Of(stage, files.Pipeline.Stages.Single(each => each.Name!.Value == stage).Configuration)),
        };
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> NotEmpty(IEnumerable<string> stages, Func<string, IReadOnlyDictionary<string, string>?> read) =>
        stages.Select(stage => (stage, Values: read(stage))).Where(each => each.Values is { Count: > 0 }).ToDictionary(each => each.stage, each => each.Values!);
}
