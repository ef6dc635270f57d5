using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>
/// A command that works on the database of environments, given by name or object, by position or from the pipeline,
/// or on any database given by <c>-DatabaseUrl</c>.
/// </summary>
public abstract class EnvironmentCmdlet : ProjectCmdlet
{
    /// <summary>Parameter set of environments from <c>pipeline.yml</c>.</summary>
    protected const string EnvironmentSet = "Environment";

    /// <summary>Parameter set of a bare database.</summary>
    protected const string DatabaseSet = "Database";

    /// <summary>Names, wildcards or objects that belong to an environment.</summary>
    [Parameter(ParameterSetName = EnvironmentSet, Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference[]? Environment { get; set; }

    /// <summary>PostgreSQL URLs; with <see cref="Path"/> alone, that of the environment variable <c>DATABASE_URL</c>.</summary>
    [Parameter(ParameterSetName = DatabaseSet)]
    [ValidateNotNullOrEmpty]
    public string[]? DatabaseUrl { get; set; }

    /// <summary>A project folder or a folder of migrations, for <c>-DatabaseUrl</c>.</summary>
    [Parameter(ParameterSetName = DatabaseSet)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The environments of this input object. With none given: the first stage of <c>pipeline.yml</c>, else <c>DATABASE_URL</c>.</summary>
    /// <exception cref="DeployException">No such environment, or its configuration is not usable.</exception>
    protected IReadOnlyList<DeploymentEnvironment> BoundEnvironments()
    {
        if (DatabaseUrl is not null)
        {
            return [.. DatabaseUrl.Select(ForDatabase).DistinctBy(Identity)];
        }

        if (Environment is not null)
        {
            return Resolve(Environment);
        }

        if (Path is null && File.Exists(CurrentProject.PipelineFile))
        {
            DeploymentPipeline pipeline = DeploymentPipeline.Load(CurrentProject);
            return pipeline.Resolve(pipeline.StageNames[0]);
        }

        if (System.Environment.GetEnvironmentVariable("DATABASE_URL") is { Length: > 0 } url)
        {
            return [ForDatabase(url)];
        }

        return IsDatabaseNeeded
            ? throw new DeployException(
                ErrorTable.NoEnvironment,
                Path is null
                    ? $"No environment was given, and there is no '{CurrentProject.PipelineFile}' to take one from."
                    : $"No database was given for '{Path}'.",
                "Give -DatabaseUrl with -Path, set the environment variable DATABASE_URL, or run this in a project folder.")
            : [OfFiles()];
    }

    /// <summary>False where only files are read, so that a folder is enough.</summary>
    protected virtual bool IsDatabaseNeeded => true;

    private DeploymentEnvironment OfFiles()
    {
        string folder = System.IO.Path.Combine(CurrentFolder, Path ?? CurrentProject.Root);
        var nowhere = new DatabaseAddress { Host = "127.0.0.1", Database = ProjectFolder.At(folder).Root, User = "postgres" };
        return DeploymentEnvironment.ForDatabase(nowhere, folder) with { Database = null };
    }

    private DeploymentEnvironment ForDatabase(string url) =>
        DeploymentEnvironment.ForDatabase(DatabaseAddress.Parse(url), System.IO.Path.Combine(CurrentFolder, Path ?? CurrentProject.Root));
}
