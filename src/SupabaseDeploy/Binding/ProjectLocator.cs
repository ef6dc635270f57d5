using System.Management.Automation;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Shell.Binding;

/// <summary>Which project a command works on.</summary>
internal static class ProjectLocator
{
    /// <summary>
    /// The folder given, else the nearest folder from the current one upwards that has <c>env/pipeline.yml</c>, else the nearest that is a
    /// project of the Supabase CLI, else the current one.
    /// </summary>
    public static ProjectFolder Find(string? given, string currentFolder)
    {
        if (!string.IsNullOrEmpty(given))
        {
            return new ProjectFolder(Path.Combine(currentFolder, given));
        }

        ProjectFolder[] upwards = [.. Upwards(currentFolder)];
        return Array.Find(upwards, project => File.Exists(project.PipelineFile)) ?? Array.Find(upwards, project => project.IsSupabaseProject) ?? upwards[0];
    }

    private static IEnumerable<ProjectFolder> Upwards(string folder)
    {
        for (DirectoryInfo? current = new(folder); current is not null; current = current.Parent)
        {
            yield return new ProjectFolder(current.FullName);
        }
    }

    /// <summary>The same for a completer, which is not told where PowerShell is: its current folder is not the process's.</summary>
    public static ProjectFolder FindForCompletion(string? given)
    {
        using PowerShell nested = PowerShell.Create(RunspaceMode.CurrentRunspace);
        string current = nested.AddScript("$ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath").Invoke<string>().First();
        return Find(given, current);
    }
}
