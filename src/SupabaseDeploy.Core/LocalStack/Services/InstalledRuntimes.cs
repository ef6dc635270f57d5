using System.Runtime.InteropServices;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>The runtimes that <c>Install-LocalRuntime</c> put into the user's cache: a folder for each version, complete if it has its name.</summary>
internal sealed class InstalledRuntimes(string cacheFolder)
{
    public static InstalledRuntimes OfThisMachine() => new(StateFolders.OfThisMachine().Cache);

    /// <summary>This machine as npm's platform packages name it.</summary>
    public static string Platform { get; } =
        (OperatingSystem.IsWindows() ? "win32" : OperatingSystem.IsMacOS() ? "darwin" : "linux")
        + (RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "-arm64" : "-x64");

    /// <summary>Where a version of a runtime belongs.</summary>
    public string FolderOf(RuntimePackage package) => Path.Combine(cacheFolder, "runtimes", package.Name, package.FolderName);

    /// <summary>The folder of a runtime; null when it is not installed.</summary>
    public string? Find(RuntimePackage package) => Directory.Exists(FolderOf(package)) ? FolderOf(package) : null;

    /// <summary>Whether an older or newer module installed it, in another version or otherwise.</summary>
    public bool HasOther(RuntimePackage package)
    {
        var parent = new DirectoryInfo(Path.GetDirectoryName(FolderOf(package))!);
        return parent.Exists && parent.EnumerateDirectories().Any(folder => folder.Name != package.FolderName && !folder.Name.StartsWith('.'));
    }
}
