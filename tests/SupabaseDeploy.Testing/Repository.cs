namespace SupabaseDeploy.Testing;

/// <summary>Where this repository is.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>The module as built: <c>out/SupabaseDeploy/&lt;version&gt;/SupabaseDeploy.psd1</c>.</summary>
    public static string ModuleManifest =>
        Directory.GetFiles(Path.Combine(Root, "out", "SupabaseDeploy"), "SupabaseDeploy.psd1", SearchOption.AllDirectories).Single();

    /// <summary>The gateway as built.</summary>
    public static string GatewayFolder { get; } = Path.Combine(Root, "src", "SupabaseDeploy.Gateway", "bin", "Release", "net10.0");

    /// <summary>The program that does one piece of work and is killed in the middle of it.</summary>
    public static string KilledProcess { get; } =
        Path.Combine(Root, "tests", "SupabaseDeploy.KilledProcess", "bin", "Release", "net10.0", "SupabaseDeploy.KilledProcess.dll");

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SupabaseDeploy.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No repository above '{AppContext.BaseDirectory}'.");
    }
}
