using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>A command that works in a project folder.</summary>
public abstract class ProjectCmdlet : AsyncCmdlet
{
    /// <summary>Another project folder than the current one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Project { get; set; }

    /// <summary>The project of this call. Set before any work starts.</summary>
    protected ProjectFolder CurrentProject { get; private set; } = null!;

    /// <summary>PowerShell's current folder, which is not the process's.</summary>
    protected string CurrentFolder { get; private set; } = null!;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        CurrentFolder = SessionState.Path.CurrentFileSystemLocation.ProviderPath;
        CurrentProject = ProjectLocator.Find(Project, CurrentFolder);
    }

    /// <summary>Resolves what was bound to an environment parameter; wildcards give several, in promotion order.</summary>
    /// <exception cref="Errors.DeployException">No such environment, or its configuration is not usable.</exception>
    protected IReadOnlyList<DeploymentEnvironment> Resolve(params IEnumerable<EnvironmentReference> references)
    {
        // All names at once, so that one error names everything that is not set.
        ILookup<bool, EnvironmentReference> byName = references.ToLookup(reference => reference.Environment is null);
        string[] names = [.. byName[true].Select(reference => reference.Name)];
        IReadOnlyList<DeploymentEnvironment> named = names.Length > 0 ? DeploymentPipeline.Load(CurrentProject).Resolve(names) : [];
        return
        [
            .. byName[false].Select(reference => reference.Environment!).Concat(named).DistinctBy(Identity),
        ];
    }

    /// <summary>What makes two objects the same environment. Databases given by their URLs may have one name on many servers.</summary>
    private protected static object Identity(DeploymentEnvironment environment) =>
        (environment.Project.Root, environment.Name, environment.Database is { } database ? (database.Host, database.Port, database.Database) : default);
}
