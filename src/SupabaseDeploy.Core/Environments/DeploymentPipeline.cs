using System.Diagnostics.CodeAnalysis;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Environments;

/// <summary>The stages of one application as <c>env/pipeline.yml</c> declares them, validated whole.</summary>
public sealed class DeploymentPipeline
{
    private readonly WrittenPipeline _written;
    private readonly ConfigurationFiles _files;

    internal DeploymentPipeline(ProjectFolder project, ConfigurationFiles files)
    {
        Project = project;
        _files = files;
        _written = files.Pipeline!;
        Application = _written.Application!.Value;
        StageNames = [.. _written.Stages.Select(stage => stage.Name!.Value)];
        Web = StageResolver.Web(project, _written.Web);
    }

    /// <summary>The project.</summary>
    public ProjectFolder Project { get; }

    /// <summary>The application's name.</summary>
    public string Application { get; }

    /// <summary>The names of the stages, in promotion order; at least one.</summary>
    public IReadOnlyList<string> StageNames { get; }

    /// <summary>The web bundle, the same for every stage. Needs no reference resolved, so that a release can be made anywhere.</summary>
    public WebSettings Web { get; }

    /// <summary>Reads and validates <c>env/pipeline.yml</c> and <c>env/*.json</c>. References (<c>${…}</c>) are not resolved yet.</summary>
    /// <exception cref="ConfigurationException">With every problem found, each with file, path inside it, value and what was expected.</exception>
    public static DeploymentPipeline Load(ProjectFolder project)
    {
        ConfigurationFiles files = ConfigurationFiles.Read(project);
        if (!files.HasPipeline)
        {
            throw new ConfigurationException(ErrorTable.PipelineNotFound, files.Problems, "Run this in a project folder, name one with -Project, or give -DatabaseUrl where the command takes it.");
        }

        return files.Problems.Any(problem => problem.Severity == ConfigurationSeverity.Error)
            ? throw new ConfigurationException(ErrorTable.InvalidConfiguration, files.Problems, "Correct what is listed; 'Test-Environment' shows it as a table.")
            : new DeploymentPipeline(project, files);
    }

    /// <summary>The names of the stages that live in one kind of place, in promotion order. Needs no reference resolved.</summary>
    public IReadOnlyList<string> StagesOf(TargetKind target) =>
        [.. _written.Stages.Where(stage => stage.Target!.Value == target).Select(stage => stage.Name!.Value)];

    /// <summary>Resolves the environments whose names match any of <paramref name="patterns"/> (wildcards), in promotion order.</summary>
    /// <exception cref="ConfigurationException">Variables are not set, or their values cannot be used: all of them are named at once.</exception>
    /// <exception cref="DeployException">A pattern matches no stage.</exception>
    public IReadOnlyList<DeploymentEnvironment> Resolve(params IReadOnlyList<string> patterns)
    {
        HashSet<string> found = [.. patterns.SelectMany(FindAny)];
        var environments = new List<DeploymentEnvironment>();
        var all = new List<ConfigurationProblem>();
        foreach (string name in StageNames.Where(found.Contains))
        {
            if (TryResolve(name, out DeploymentEnvironment? environment, out IReadOnlyList<ConfigurationProblem> problems))
            {
                environments.Add(environment);
            }

            all.AddRange(problems);
        }

        return all.Count == 0 ? environments : throw Unresolved(all);
    }

    /// <summary>The names that <paramref name="pattern"/> matches, in promotion order; none where only a wildcard finds nothing.</summary>
    /// <exception cref="DeployException">A name without wildcards is no stage's.</exception>
    public IReadOnlyList<string> Find(string pattern)
    {
        string[] found = [.. StageNames.Where(name => NamePattern.Matches(name, pattern))];
        return found.Length > 0 || NamePattern.HasWildcard(pattern) ? found : throw NotFound(pattern);
    }

    /// <summary>Resolves one environment, or says why it cannot be.</summary>
    /// <param name="name">A name from <see cref="StageNames"/>.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="problems">The references without a usable value; empty on success.</param>
    /// <exception cref="DeployException">There is no such stage.</exception>
    public bool TryResolve(string name, [NotNullWhen(true)] out DeploymentEnvironment? environment, out IReadOnlyList<ConfigurationProblem> problems)
    {
        string stage = FindAny(name)[0];
        int order = StageNames.ToList().IndexOf(stage);
        var list = new ProblemList("env/pipeline.yml");
        IReadOnlyDictionary<string, string> variables = _files.Variables.GetValueOrDefault(stage) ?? new Dictionary<string, string>();
        DeploymentEnvironment resolved = new StageResolver(Project, _written).Resolve(order, variables, list);
        environment = list.HasErrors ? null : resolved;
        problems = [.. list.InOrder(_ => stage)];
        return !list.HasErrors;
    }

    /// <summary>The error for references without a usable value.</summary>
    public static ConfigurationException Unresolved(IReadOnlyList<ConfigurationProblem> problems) =>
        new(ErrorTable.UnresolvedReference, [.. problems.DistinctBy(problem => (problem.Path, problem.Message))], "Set what is named where it was looked for: a variable of the process's environment or, for ${secret:NAME}, also a file '.supabase-deploy/secrets/NAME' (chmod 600), what the command of 'secrets' reads, or 'Set-Secret -Vault VAULT -Name NAME' where 'secrets.vault' of env/pipeline.yml names VAULT: no other vault is asked, also not the default one.");

    /// <summary>The store that releases are shared in; null where none is named.</summary>
    /// <exception cref="ConfigurationException">References have no value, or the keys of an object storage are missing.</exception>
    internal IReleaseBlobs? OpenReleaseStore() => NamedReleaseStore.Open(Project, _written);

    /// <summary>A warning at <c>releases.store</c>, which is named.</summary>
    internal ConfigurationProblem AtReleaseStore(string message) => new()
    {
        File = "env/pipeline.yml",
        Path = _written.Releases!.Store!.Path,
        Line = _written.Releases.Store.Line,
        Severity = ConfigurationSeverity.Warning,
        Message = message,
    };

    private IReadOnlyList<string> FindAny(string pattern) =>
        Find(pattern) is { Count: > 0 } found ? found : throw NotFound(pattern);

    private DeployException NotFound(string pattern) => new(
        ErrorTable.EnvironmentNotFound,
        $"There is no environment '{pattern}' in '{Project.PipelineFile}'.{Suggestion.For(pattern, StageNames)}",
        $"Give {Suggestion.OneOf(StageNames)}.",
        pattern);
}
