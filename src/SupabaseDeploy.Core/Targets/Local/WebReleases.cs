using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.Local;

/// <summary>
/// The releases on disk under one web root, as the gateway reads them: <c>releases/&lt;id&gt;/</c>, and <c>current</c> with the id of the
/// served one. A release has its name only while it is whole: copies and removals under way have a name with a dot.
/// </summary>
internal sealed class WebReleases(string webRoot, TimeProvider time)
{
    private const string Copying = ".tmp", Removing = ".old";

    private static readonly ServedFiles s_files = new(ErrorTable.WebBundleDamaged, "web bundle");

    private string Releases => Path.Combine(webRoot, "releases");

    private string Pointer => Path.Combine(webRoot, "current");

    /// <summary>The release the pointer names; null for none.</summary>
    public string? Current => File.Exists(Pointer) ? File.ReadAllText(Pointer).Trim() : null;

    /// <summary>Brings the release's files here, each compared with the manifest. What is here and whole already is left alone.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.WebBundleDamaged"/>: the stored release is not what its manifest says.</exception>
    public async Task AddAsync(Release release, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(Releases, release.Id);
        if (!Directory.Exists(folder) || await FindDamageAsync(folder, release.Web!, cancellationToken).ConfigureAwait(false) is not null)
        {
            string copy = folder + Copying;
            await s_files.CopyAsync(
                release, $"The web bundle of release '{release}'", release.Web!.Files, release.WebFolder, copy, cancellationToken).ConfigureAwait(false);
            Remove(folder);
            DurableFolder.Move(copy, folder);
        }

        // Which releases were served last is what their removal goes by.
        Directory.SetLastWriteTimeUtc(folder, time.GetUtcNow().UtcDateTime);
    }

    /// <summary>Makes the gateway serve a release that is here, from its next request on.</summary>
    public Task SwitchAsync(string id, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(Pointer, id + "\n", null, cancellationToken);

    /// <summary>Serves none.</summary>
    public void Withdraw() => File.Delete(Pointer);

    /// <summary>Removes leftovers, and all releases but the served one and the <paramref name="keep"/> that were served last before it.</summary>
    public void Prune(int keep)
    {
        if (!Directory.Exists(Releases))
        {
            return;
        }

        string? current = Current;
        foreach (DirectoryInfo leftover in new DirectoryInfo(Releases).EnumerateDirectories().Where(folder => folder.Name.Contains('.', StringComparison.Ordinal)).ToList())
        {
            leftover.Delete(recursive: true);
        }

        IEnumerable<DirectoryInfo> outdated = new DirectoryInfo(Releases).EnumerateDirectories()
            .Where(folder => folder.Name != current)
            .OrderByDescending(folder => folder.LastWriteTimeUtc)
            .Skip(keep);
        foreach (DirectoryInfo folder in outdated.ToList())
        {
            Remove(folder.FullName);
        }
    }

    private static async Task<string?> FindDamageAsync(string folder, ReleaseBundle web, CancellationToken cancellationToken)
    {
        foreach (ReleaseFile file in web.Files)
        {
            string path = s_files.Inside(folder, file.Path);
            if (!File.Exists(path) || await FileDigest.OfFileAsync(path, cancellationToken).ConfigureAwait(false) != file.Sha256)
            {
                return file.Path;
            }
        }

        return Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'))
            .Except(web.Files.Select(file => file.Path), StringComparer.Ordinal)
            .FirstOrDefault();
    }

    /// <summary>The name goes first, so that nobody reads a release that is half gone.</summary>
    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            string dying = folder + Removing;
            if (Directory.Exists(dying))
            {
                Directory.Delete(dying, recursive: true);
            }

            Directory.Move(folder, dying);
            Directory.Delete(dying, recursive: true);
        }
    }
}
