using System.Collections.Concurrent;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>
/// Programs from npm packages, each of one exact version, kept in the user's cache folder. npm checks what it downloads against the
/// registry's digests. A package has its folder when it is complete.
/// </summary>
public static class NpmPackage
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Installed = new();
    private static readonly string Cache = Path.Combine(StateFolders.OfThisMachine().Cache, "npm");

    /// <summary>The program's file.</summary>
    /// <param name="package">The package's name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="program">One of the programs it brings.</param>
    public static async Task<string> ProgramAsync(string package, string version, string program)
    {
        string folder = await Installed.GetOrAdd($"{package}@{version}", id => new(() => InstallAsync(id))).Value;
        string file = Path.Combine(folder, "node_modules", ".bin", OperatingSystem.IsWindows() ? program + ".cmd" : program);
        return File.Exists(file) ? file : throw new FileNotFoundException($"Package '{package}@{version}' brings no program '{program}'.", file);
    }

    /// <summary>Gets npm where the machine lacks it.</summary>
    public static async Task EnsureNpmAsync()
    {
        using FileLock held = await FileLock.AcquireAsync(
            Path.Combine(Cache, ".lock"), $"it installs an npm package into '{Cache}'", NullProgressSink.Instance, TimeProvider.System, CancellationToken.None);
        await FindNpmAsync();
    }

    private static async Task<string> InstallAsync(string id)
    {
        string folder = Path.Combine(Cache, id.Replace('/', '+'));
        using FileLock held = await FileLock.AcquireAsync(
            Path.Combine(Cache, ".lock"), $"it installs an npm package into '{Cache}'", NullProgressSink.Instance, TimeProvider.System, CancellationToken.None);
        if (Directory.Exists(folder))
        {
            return folder;
        }

        string npm = await FindNpmAsync();
        string unfinished = Path.Combine(Cache, $"installing-{Guid.NewGuid():N}");
        Directory.CreateDirectory(unfinished);
        try
        {
            await DebianProgram.InstallAsync(npm, ["install", "--prefix", unfinished, "--no-save", "--no-audit", "--no-fund", "--no-update-notifier", id]);
            Directory.Move(unfinished, folder);
            return folder;
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }

    // Debian's npm is a package of its own; other builds of Node.js bring npm along and refuse that package.
    private static Task<string> FindNpmAsync() => DebianProgram.FindOrInstallAsync("npm", "nodejs", "npm");
}
