using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.Local;

/// <summary>
/// The functions of releases on disk: <c>store/&lt;digest&gt;/</c> holds a function's files, <c>current.json</c> names those that are served and
/// is replaced by a rename, <c>kept/&lt;deployment&gt;.json</c> is what it was before a deployment. A folder has its name only while it is whole.
/// </summary>
internal sealed class FunctionReleases(string root, int keep)
{
    private const string Copying = ".tmp", NothingPublished = "null";

    private static readonly ServedFiles s_files = new(ErrorTable.FunctionDamaged, "function");

    private string CurrentFile => Path.Combine(root, "current.json");

    private string Store => Path.Combine(root, "store");

    private string Kept => Path.Combine(root, "kept");

    /// <summary>The text of the pointer; null when nothing is published, and the project's own folder is served.</summary>
    public string? CurrentText => File.Exists(CurrentFile) ? File.ReadAllText(CurrentFile) : null;

    /// <summary>What is served; null when nothing is published.</summary>
    public PublishedFunctions? Current => PublishedFunctions.Parse(CurrentText);

    /// <summary>Brings the files of a function here, each compared with the manifest. What is here already is left alone.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.FunctionDamaged"/>: the stored release is not what its manifest says.</exception>
    public async Task AddAsync(Release release, ReleaseFunction function, CancellationToken cancellationToken)
    {
        string folder = FolderOf(function);
        if (Directory.Exists(folder))
        {
            return; // Its name is the digest of what it holds, and it has it only when it is whole.
        }

        string copy = folder + Copying;
        await s_files.CopyAsync(
            release, $"Function '{function.Slug}' of release '{release}'", function.Files, release.FunctionFolder(function.Slug), copy, cancellationToken).ConfigureAwait(false);
        DurableFolder.Move(copy, folder);
    }

    /// <summary>Serves the functions, from the next request on.</summary>
    public async Task SwitchAsync(Release release, IEnumerable<ReleaseFunction> functions, CancellationToken cancellationToken)
    {
        var served = new SortedDictionary<string, PublishedFunction>(StringComparer.Ordinal);
        foreach (ReleaseFunction function in functions)
        {
            string folder = FolderOf(function);
            served[function.Slug] = new PublishedFunction(
                function.Digest, function.VerifyJwt, s_files.Inside(folder, function.EntryPoint), function.ImportMap is null ? null : s_files.Inside(folder, function.ImportMap));
        }

        await WriteAsync(CurrentFile, new PublishedFunctions(release.Id, served).ToJson(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Remembers what is served now as what was there before the deployment, unless that is remembered already.</summary>
    public async Task KeepAsync(Guid deployment, CancellationToken cancellationToken)
    {
        if (!File.Exists(KeptAs(deployment)))
        {
            await WriteAsync(KeptAs(deployment), CurrentText ?? NothingPublished, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Serves again what was served before the deployment.</summary>
    /// <returns>False when the deployment came to no function.</returns>
    public async Task<bool> GoBackAsync(Guid deployment, CancellationToken cancellationToken)
    {
        if (!File.Exists(KeptAs(deployment)))
        {
            return false;
        }

        string before = await File.ReadAllTextAsync(KeptAs(deployment), cancellationToken).ConfigureAwait(false);
        if (before == NothingPublished)
        {
            File.Delete(CurrentFile);
        }
        else if (before != CurrentText)
        {
            await WriteAsync(CurrentFile, before, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Removes copies that were cut short, what only older deployments than the last few kept, and the files that nothing names any more.</summary>
    public void Prune()
    {
        FileInfo[] kept = Directory.Exists(Kept) ? [.. new DirectoryInfo(Kept).EnumerateFiles("*.json").OrderByDescending(file => file.LastWriteTimeUtc)] : [];
        foreach (FileInfo old in kept.Skip(keep))
        {
            old.Delete();
        }

        HashSet<string> named = [.. kept.Take(keep).Select(file => File.ReadAllText(file.FullName)).Append(CurrentText)
            .Select(PublishedFunctions.Parse).SelectMany(published => published?.Functions.Values.Select(function => function.Digest) ?? [])];
        foreach (string folder in Directory.Exists(Store) ? Directory.GetDirectories(Store) : [])
        {
            if (!named.Contains(Path.GetFileName(folder)))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private string FolderOf(ReleaseFunction function) => Path.Combine(Store, function.Digest);

    private string KeptAs(Guid deployment) => Path.Combine(Kept, $"{deployment:D}.json");

    private static Task WriteAsync(string file, string text, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return AtomicFile.WriteAllTextAsync(file, text, null, cancellationToken);
    }
}
