using System.Management.Automation;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Which project a command works on.</summary>
internal static class ProjectLocator
{
    /// <summary>The folder given, else the nearest folder from the current one upwards that has <c>env/pipeline.yml</c>, else the current one.</summary>
    public static ProjectFolder Find(string? given, string currentFolder)
    {
        if (!string.IsNullOrEmpty(given))
        {
            return new ProjectFolder(Path.Combine(currentFolder, given));
        }

        for (DirectoryInfo? folder = new(currentFolder); folder is not null; folder = folder.Parent)
        {
            var project = new ProjectFolder(folder.FullName);
            if (File.Exists(project.PipelineFile))
            {
                return project;
            }
        }

        return new ProjectFolder(currentFolder);
    }

    /// <summary>The same for a completer, which is not told where PowerShell is: its current folder is not the process's.</summary>
    public static ProjectFolder FindForCompletion(string? given)
    {
        using PowerShell nested = PowerShell.Create(RunspaceMode.CurrentRunspace);
        string current = nested.AddScript("$ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath").Invoke<string>().First();
        return Find(given, current);
    }
}
