using System.Text;
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
            EnsureInside(root, entry);
            if (entry is DirectoryInfo)
            {
                Collect(root, entry.FullName, files);
            }
            else
            {
                files.Add((entry.FullName, ReleasePath(root, entry.FullName)));
            }
        }
    }

    private static void EnsureInside(string root, FileSystemInfo entry)
    {
        if (entry.LinkTarget is null)
        {
            return;
        }

        if (entry is DirectoryInfo)
        {
            throw Refused(entry.FullName, "it is a link to a folder");
        }

        string? target = entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
        if (target is null || !File.Exists(target))
        {
            throw Refused(entry.FullName, "it is a link to a file that does not exist");
        }

        if (!Path.GetFullPath(target).StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw Refused(entry.FullName, $"it is a link that leads out of the folder, to '{target}'");
        }
    }

    /// <summary>Relative, with forward slashes, in Unicode's composed form: file systems differ in both.</summary>
    private static string ReleasePath(string root, string file)
    {
        string path = Path.GetRelativePath(root, file);
        if (Path.DirectorySeparatorChar == '/' && path.Contains('\\', StringComparison.Ordinal) || path.Any(char.IsControl))
        {
            throw Refused(file, "its name has a backslash or a control character");
        }

        return path.Replace(Path.DirectorySeparatorChar, '/').Normalize(NormalizationForm.FormC);
    }

    private static void EnsureUsable(string root, List<(string Source, string Path)> files)
    {
        IGrouping<string, (string Source, string Path)>? collision =
            files.GroupBy(file => file.Path, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        if (collision is not null)
        {
            throw Refused(collision.First().Source, $"'{collision.Last().Path}' has the same name on systems that do not tell case or Unicode forms apart");
        }

        if (!files.Any(file => file.Path == "index.html"))
        {
            throw new DeployException(
                ErrorTable.WebBundleNotFound,
                $"The web bundle '{root}' has no 'index.html'.",
                "Build the web application first, or name its folder with -WebBundle.",
                root);
        }
    }

    private static DeployException Refused(string path, string why) => new(
        ErrorTable.ReleaseContentRefused,
        $"'{path}' cannot be part of a release: {why}.",
        "Replace it with a plain file, or remove it from the bundle.",
        path);
}
