using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>The files of a built web application, as they go into a release.</summary>
internal static class WebBundle
{
    /// <summary>Lists the bundle in <paramref name="folder"/>: where each file is, and the path it gets in the release.</summary>
    /// <exception cref="DeployException">
    /// No such folder, no <c>index.html</c>, a link that leads out of the folder, or names that are not the same on every system.
    /// </exception>
    public static IReadOnlyList<(string Source, string Path)> List(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DeployException(
                ErrorTable.WebBundleNotFound,
                $"The web bundle '{folder}' does not exist.",
                "Build the web application first, or name its folder with -WebBundle.",
                folder);
        }

        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var files = new List<(string Source, string Path)>();
        Collect(root, root, files);
        EnsureUsable(root, files);
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    private static void Collect(string root, string folder, List<(string Source, string Path)> files)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            ReleasePath.EnsureInside(root, entry);
            if (entry is DirectoryInfo)
            {
                Collect(root, entry.FullName, files);
            }
            else
            {
                files.Add((entry.FullName, ReleasePath.Of(root, entry.FullName)));
            }
        }
    }

    private static void EnsureUsable(string root, List<(string Source, string Path)> files)
    {
        ReleasePath.EnsureDistinct(files);
        if (!files.Any(file => file.Path == "index.html"))
        {
            throw new DeployException(
                ErrorTable.WebBundleNotFound,
                $"The web bundle '{root}' has no 'index.html'.",
                "Build the web application first, or name its folder with -WebBundle.",
                root);
        }
    }
}
