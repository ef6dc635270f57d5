using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>What <c>supabase/config.toml</c> says of a release itself: the same content has the same id on every machine.</summary>
public static class ReleaseSettings
{
    private const string ProjectId = "project_id";

    /// <summary>The application of a project without <c>env/pipeline.yml</c>: its <c>project_id</c>, else the name of its folder.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseContentRefused"/> or <see cref="ErrorTable.InvalidSupabaseConfiguration"/>.</exception>
    public static string ApplicationOf(ProjectFolder project)
    {
        SupabaseConfiguration configuration = SupabaseConfiguration.Load(project);
        EnsureSameEverywhere(configuration, ProjectId);
        return configuration.Text(ProjectId) is { Length: > 0 } id ? id : Path.GetFileName(project.Root);
    }

    /// <summary>Refuses a value that a variable of this machine decides.</summary>
    internal static void EnsureSameEverywhere(SupabaseConfiguration configuration, string key)
    {
        if (configuration.VariableOf(key) is { } variable)
        {
            throw new DeployException(
                ErrorTable.ReleaseContentRefused,
                $"No release can be made: '{key}' in 'supabase/config.toml' reads the variable '{variable}', which each machine has or has not, and the value would be part of the release.",
                "Write the value itself there.",
                key);
        }
    }
}
