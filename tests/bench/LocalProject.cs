using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Bench;

/// <summary>A project of one local environment.</summary>
internal static class LocalProject
{
    public static DeploymentEnvironment At(string root) => new()
    {
        Name = "local",
        Target = TargetKind.Local,
        Application = "bench",
        Project = new ProjectFolder(root),
        MigrationsFolder = Path.Combine(root, "supabase", "migrations"),
    };
}
