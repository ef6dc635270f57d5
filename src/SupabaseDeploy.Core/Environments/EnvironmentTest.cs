using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Environments;

/// <summary>One finding about the configuration: a problem, or that an environment is usable as it is configured.</summary>
public sealed record EnvironmentTest
{
    /// <summary>The environment; null for a finding about all of them.</summary>
    public required string? Environment { get; init; }

    /// <summary>How bad it is.</summary>
    public required ConfigurationSeverity Severity { get; init; }

    /// <summary>The file, relative to the project.</summary>
    public required string File { get; init; }

    /// <summary>The place inside the file; empty for the file as a whole.</summary>
    public required string Path { get; init; }

    /// <summary>Line, from 1; 0 for the file as a whole.</summary>
    public required int Line { get; init; }

    /// <summary>What is wrong and what was expected.</summary>
    public required string Message { get; init; }

    /// <summary>Where each secret of an environment that is Ok came from, by name; never a value.</summary>
    public IReadOnlyList<SecretOrigin> Secrets { get; init; } = [];

    /// <summary>
    /// Tests the environments whose names match any of <paramref name="patterns"/>, references included, and the files as a whole.
    /// While a file has errors, all of them are given and nothing is resolved.
    /// </summary>
    /// <exception cref="DeployException">The files have no errors, and a name without wildcards is no stage's.</exception>
    public static IReadOnlyList<EnvironmentTest> Run(ProjectFolder project, IReadOnlyList<string> patterns)
    {
        ConfigurationFiles files = ConfigurationFiles.Read(project);
        List<EnvironmentTest> tests = [.. files.Problems.Where(IsAsked).Select(From)];
        if (files.Problems.Any(problem => problem.Severity == ConfigurationSeverity.Error))
        {
            return tests;
        }

        var pipeline = new DeploymentPipeline(project, files);
        foreach (string name in patterns.SelectMany(pipeline.Find).Distinct().OrderBy(pipeline.StageNames.ToList().IndexOf))
        {
            pipeline.TryResolve(name, out DeploymentEnvironment? environment, out IReadOnlyList<ConfigurationProblem> unresolved);
            tests.AddRange(unresolved.Select(From));
            if (!tests.Exists(test => test.Environment == name))
            {
                tests.Add(Ok(name, environment?.SecretOrigins ?? []));
            }
        }

        return tests;

        // An error in one stage makes the whole file unusable, so that it concerns whoever asks.
        bool IsAsked(ConfigurationProblem problem) =>
            problem.Severity == ConfigurationSeverity.Error
            || problem.Environment is not { } name
            || patterns.Any(pattern => NamePattern.Matches(name, pattern));
    }

    private static EnvironmentTest From(ConfigurationProblem problem) => new()
    {
        Environment = problem.Environment,
        Severity = problem.Severity,
        File = problem.File,
        Path = problem.Path,
        Line = problem.Line,
        Message = problem.Message,
    };

    private static EnvironmentTest Ok(string name, IReadOnlyList<SecretOrigin> secrets) => new()
    {
        Environment = name,
        Severity = ConfigurationSeverity.Ok,
        File = "env/pipeline.yml",
        Path = "",
        Line = 0,
        Message = $"The configuration is valid and every reference has a value.{(secrets.Count > 0 ? $" Secrets: {string.Join(", ", secrets)}." : "")}",
        Secrets = secrets,
    };
}
