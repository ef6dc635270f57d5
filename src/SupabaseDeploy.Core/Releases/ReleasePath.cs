using System.Text;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>The paths that files get in a release, and which files may not get one.</summary>
internal static class ReleasePath
{
    /// <summary>
    /// The path of <paramref name="file"/> below <paramref name="root"/>: relative, with forward slashes, in Unicode's composed form,
    /// because file systems differ in both.
    /// </summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseContentRefused"/>: a name that not every system can have.</exception>
    public static string Of(string root, string file)
    {
        string path = Path.GetRelativePath(root, file);
        if (Path.DirectorySeparatorChar == '/' && path.Contains('\\', StringComparison.Ordinal) || path.Any(char.IsControl))
        {
            throw Refused(file, "its name has a backslash or a control character");
        }

        return path.Replace(Path.DirectorySeparatorChar, '/').Normalize(NormalizationForm.FormC);
    }

    /// <summary>True when <paramref name="path"/> is below <paramref name="root"/> by its name alone.</summary>
    public static bool IsBelow(string root, string path) => Path.GetFullPath(path).StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Makes sure that no link on the way from <paramref name="root"/> to a file leads out of it.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseContentRefused"/>.</exception>
    public static void EnsureInside(string root, string file)
    {
        string current = root;
        foreach (string part in Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar))
        {
            current = Path.Combine(current, part);
            EnsureInside(root, Directory.Exists(current) ? new DirectoryInfo(current) : new FileInfo(current));
        }
    }

    /// <summary>Makes sure that an entry is no link to a folder, and no link to a file outside of <paramref name="root"/>.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseContentRefused"/>.</exception>
    public static void EnsureInside(string root, FileSystemInfo entry)
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

        if (!IsBelow(root, target))
        {
            throw Refused(entry.FullName, $"it is a link that leads out of the folder, to '{target}'");
        }
    }

    /// <summary>Makes sure that every path stands for a file of its own on every system.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseContentRefused"/>.</exception>
    public static void EnsureDistinct(IEnumerable<(string Source, string Path)> files)
    {
        IGrouping<string, (string Source, string Path)>? collision =
            files.GroupBy(file => file.Path, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        if (collision is not null)
        {
            throw Refused(collision.First().Source, $"'{collision.Last().Path}' has the same name on systems that do not tell case or Unicode forms apart");
        }
    }

    /// <summary>The error for a file or folder that no release can hold.</summary>
    public static DeployException Refused(string path, string why) => new(
        ErrorTable.ReleaseContentRefused,
        $"'{path}' cannot be part of a release: {why}.",
        "Replace it with a plain file inside the project, or remove it.",
        path);
}
