using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Targets.SupabaseCloud;

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
    public IReadOnlyList<SecretOrigin> Secrets { get; init => field = value.ToArray(); } = [];

    /// <summary>
    /// As <see cref="Run"/>, and also whether there is a token where one is needed, and whether what the ledgers say can be believed, where a database
    /// answers within seconds: what does not answer is what <c>Test-DeploymentHealth</c> is for.
    /// </summary>
    /// <exception cref="DeployException">The files have no errors, and a name without wildcards is no stage's.</exception>
    public static async Task<IReadOnlyList<EnvironmentTest>> RunAsync(
        ProjectFolder project, IReadOnlyList<string> patterns, IDeploymentTargets targets, CancellationToken cancellationToken)
    {
        (List<EnvironmentTest> tests, DeploymentPipeline? pipeline, List<DeploymentEnvironment> environments) = Examine(project, patterns);
        EnvironmentTest?[] broken = await Task.WhenAll(environments.Select(environment => LedgerTest.FindBrokenAsync(environment, targets, cancellationToken))).ConfigureAwait(false);
        EnvironmentTest[] found =
        [
            .. environments.Where(environment => environment.Target == TargetKind.SupabaseCloud && !ApiAccess.HasToken(environment)).Select(WithoutToken),
            .. broken.OfType<EnvironmentTest>(),
        ];
        return [.. tests.Where(test => test.Severity > ConfigurationSeverity.Ok || !found.Any(each => each.Environment == test.Environment)), .. found];

        EnvironmentTest WithoutToken(DeploymentEnvironment environment) => new()
        {
            Environment = environment.Name,
            Severity = ConfigurationSeverity.Warning,
            File = "env/pipeline.yml",
            Path = $"stages[{pipeline!.StageNames.ToList().IndexOf(environment.Name)}].accessToken",
            Line = 0,
            Message = $"There is no access token for the Management API, so that nothing can be published; expected the variable '{ApiAccess.TokenVariable}', or 'accessToken' with a reference.",
        };
    }

    /// <summary>
    /// Tests the environments whose names match any of <paramref name="patterns"/>, references included, and the files as a whole.
    /// While a file has errors, all of them are given and nothing is resolved.
    /// </summary>
    /// <exception cref="DeployException">The files have no errors, and a name without wildcards is no stage's.</exception>
    public static IReadOnlyList<EnvironmentTest> Run(ProjectFolder project, IReadOnlyList<string> patterns) => Examine(project, patterns).Tests;

    /// <summary>The same with the environments that can be used; none while a file has errors.</summary>
    private static (List<EnvironmentTest> Tests, DeploymentPipeline? Pipeline, List<DeploymentEnvironment> Usable) Examine(ProjectFolder project, IReadOnlyList<string> patterns)
    {
        ConfigurationFiles files = ConfigurationFiles.Read(project);
        List<EnvironmentTest> tests = [.. files.Problems.Where(IsAsked).Select(From)];
        if (files.Problems.Any(problem => problem.Severity == ConfigurationSeverity.Error))
        {
            return (tests, null, []);
        }

        var pipeline = new DeploymentPipeline(project, files);
        var usable = new List<DeploymentEnvironment>();
        tests.AddRange(OfReleaseStore(pipeline));
        foreach (string name in patterns.SelectMany(pipeline.Find).Distinct().OrderBy(pipeline.StageNames.ToList().IndexOf))
        {
            if (pipeline.TryResolve(name, out DeploymentEnvironment? environment, out IReadOnlyList<ConfigurationProblem> unresolved))
            {
                usable.Add(environment);
            }

            tests.AddRange(unresolved.Select(From));
            if (!tests.Exists(test => test.Environment == name))
            {
                tests.Add(Ok(name, environment?.SecretOrigins ?? []));
            }
        }

        return (tests, pipeline, usable);

        // An error in one stage makes the whole file unusable, so that it concerns whoever asks.
        bool IsAsked(ConfigurationProblem problem) =>
            problem.Severity == ConfigurationSeverity.Error
            || problem.Environment is not { } name
            || patterns.Any(pattern => NamePattern.Matches(name, pattern));
    }

    // Every command but those that share releases works without it.
    private static IEnumerable<EnvironmentTest> OfReleaseStore(DeploymentPipeline pipeline)
    {
        try
        {
            (pipeline.OpenReleaseStore() as FolderBlobs)?.EnsureThere();
            return [];
        }
        catch (ConfigurationException e)
        {
            return [.. e.Problems.Select(problem => From(problem) with { Severity = ConfigurationSeverity.Warning })];
        }
        catch (DeployException e) when (e.Code == ErrorTable.ReleaseStoreUnavailable)
        {
            return [From(pipeline.AtReleaseStore($"{e.Message} {e.Remedy}"))];
        }
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
