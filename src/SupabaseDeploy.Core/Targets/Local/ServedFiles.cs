using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.Local;

/// <summary>Brings files of a release to where they are served from, each compared with the manifest.</summary>
/// <param name="code">The error of files that are not what the manifest says.</param>
/// <param name="content">What they are: <c>web bundle</c>.</param>
internal sealed class ServedFiles(ErrorCode code, string content)
{
    /// <summary>Copies files, in place of what a copy that was cut short left behind.</summary>
    /// <param name="release">The release.</param>
    /// <param name="subject">What is published, as the beginning of a sentence.</param>
    /// <param name="files">The files, as the manifest has them.</param>
    /// <param name="from">The folder they are stored in.</param>
    /// <param name="to">The folder of the copy.</param>
    /// <param name="cancellationToken">Leaves a part of the copy.</param>
    /// <exception cref="DeployException">A stored file is not what the manifest says.</exception>
    public async Task CopyAsync(
        Release release, string subject, IReadOnlyList<ReleaseFile> files, string from, string to, CancellationToken cancellationToken)
    {
        if (Directory.Exists(to))
        {
            Directory.Delete(to, recursive: true);
        }

        foreach (ReleaseFile file in files)
        {
            string source = Path.Combine(from, file.Path);
            if (!File.Exists(source))
            {
                throw Damaged(release, subject, file, "it is missing");
            }

            (string sha256, long size) = await FileDigest.CopyAsync(source, Inside(to, file.Path), cancellationToken).ConfigureAwait(false);
            if (sha256 != file.Sha256 || size != file.Size)
            {
                throw Damaged(release, subject, file, "it was changed after the release was made");
            }
        }
    }

    /// <summary>The absolute path of a file that the manifest names.</summary>
    /// <exception cref="DeployException">It is outside of the folder.</exception>
    public string Inside(string folder, string relativePath)
    {
        string path = Path.GetFullPath(Path.Combine(folder, relativePath));
        return ReleasePath.IsBelow(folder, path)
            ? path
            : throw new DeployException(
                code,
                $"The release's manifest names '{relativePath}', which is outside its {content}.",
                "Make the release again with New-Release.",
                relativePath);
    }

    private DeployException Damaged(Release release, string subject, ReleaseFile file, string why) => new(
        code,
        $"{subject} cannot be published: file '{file.Path}' is not what the manifest says, {why}.",
        "Make the release again with New-Release, or publish another one.",
        release.Id);
}
