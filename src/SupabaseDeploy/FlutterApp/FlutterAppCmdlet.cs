using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.FlutterApps;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;

namespace SupabaseDeploy.Shell.FlutterApp;

/// <summary>A command that works on a Flutter application.</summary>
public abstract class FlutterAppCmdlet : ProjectCmdlet
{
    /// <summary>The folder of the application, where it is not the project's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The application with the values of an environment, or without any.</summary>
    private protected FlutterProject App(EnvironmentReference? environment) => App(environment?.Environment?.Project ?? CurrentProject, environment?.Name);

    private FlutterProject App(ProjectFolder project, string? environment) =>
        FlutterProject.Open(project, Path is null ? null : System.IO.Path.GetFullPath(Path, CurrentFolder), environment);
}
