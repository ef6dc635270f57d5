using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.FlutterApps;

/// <summary>A Flutter application and, where one was named, the environment whose values are compiled into it.</summary>
public sealed record FlutterProject
{
    private FlutterProject(ProjectFolder project, string folder, string? environment)
    {
        Project = project;
        Folder = folder;
        Environment = environment;
    }

    /// <summary>The project.</summary>
    public ProjectFolder Project { get; }

    /// <summary>The folder of the application, which has its <c>pubspec.yaml</c>, absolute.</summary>
    public string Folder { get; }

    /// <summary>The environment's name; null for none.</summary>
    public string? Environment { get; }

    /// <summary><c>env/&lt;name&gt;.json</c>, absolute; null without an environment.</summary>
    public string? DefinesFile => Environment is null ? null : Project.VariablesFile(Environment);

    /// <summary>The same as Flutter is told: relative to the application, with forward slashes.</summary>
    public string? DefinesArgument => DefinesFile is null ? null : Path.GetRelativePath(Folder, DefinesFile).Replace('\\', '/');

    /// <summary>Where <c>flutter build web</c> leaves the application, absolute.</summary>
    public string WebFolder => Path.Combine(Folder, "build", "web");

    /// <summary>
    /// Finds the application and checks the values of the environment: only what a client may know goes on. The environment's references
    /// (<c>${…}</c>) are not resolved, so that an application can be built where its database's address is not known.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="folder">The folder of the application, absolute; null for the project's own.</param>
    /// <param name="environment">The name of a stage, or of a file in <c>env</c> where there is no <c>pipeline.yml</c>; null for none.</param>
    /// <exception cref="DeployException">No application, no such environment, no file of its values, or values that may not be in a client.</exception>
    public static FlutterProject Open(ProjectFolder project, string? folder, string? environment)
    {
        string root = folder ?? project.Root;
        if (!File.Exists(Path.Combine(root, "pubspec.yaml")))
        {
            throw new DeployException(
                ErrorTable.FlutterAppNotFound,
                $"There is no Flutter application in '{root}': it has no 'pubspec.yaml'.",
                "Run this in the application's folder, or name the folder with -Path.",
                root);
        }

        return new FlutterProject(project, root, environment is null ? null : Check(project, environment));
    }

    private static string Check(ProjectFolder project, string environment)
    {
        string name = File.Exists(project.PipelineFile) ? Stage(project, environment) : environment;
        string file = project.VariablesFile(name);
        if (!File.Exists(file))
        {
            throw new DeployException(
                ErrorTable.DartDefinesNotFound,
                $"Environment '{name}' has no file of Dart defines: '{file}' does not exist.",
                $"Create it: one flat JSON object with the public values that the application reads with String.fromEnvironment.",
                name);
        }

        var problems = new ProblemList($"env/{name}.json");
        if (ConfigurationText.Read(file, problems) is { } text)
        {
            VariablesReader.Read(text, problems);
        }

        return problems.HasErrors
            ? throw new ConfigurationException(ErrorTable.InvalidConfiguration, [.. problems.InOrder(_ => name)], "Correct what is listed; 'Test-Environment' shows it as a table.")
            : name;
    }

    private static string Stage(ProjectFolder project, string environment) =>
        DeploymentPipeline.Load(project).Find(environment) is [string only]
            ? only
            : throw new DeployException(
                ErrorTable.InvalidValue,
                $"'{environment}' does not stand for one environment.",
                "Name one environment: its values are compiled into the application.",
                environment);
}
