using System.Text;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Releases;

/// <summary>
/// The releases of a project: those on this machine, and those in the store that <c>releases.store</c> names, where each is
/// <c>&lt;id&gt;.release.tar.gz</c> and, written last, <c>&lt;id&gt;.release.json</c> with its manifest.
/// </summary>
public sealed class ProjectReleases
{
    private const string Entry = ".release.json";
    private const int AtOnce = 8;

    private readonly ProjectFolder _project;
    private readonly ReleaseStore _local;
    private readonly IReleaseBlobs? _shared;

    internal ProjectReleases(ProjectFolder project, IReleaseBlobs? shared)
    {
        _project = project;
        _local = new ReleaseStore(project);
        _shared = shared;
    }

    /// <summary>The store's name; null where none is named.</summary>
    public string? StoreName => _shared?.Name;

    /// <summary>Opens the releases of a project.</summary>
    /// <exception cref="ConfigurationException"><c>env/pipeline.yml</c> cannot be used, or says nothing of the store's keys.</exception>
    public static ProjectReleases Open(ProjectFolder project) =>
        new(project, File.Exists(project.PipelineFile) ? DeploymentPipeline.Load(project).OpenReleaseStore() : null);

    /// <summary>Every release, oldest first. Of those that are only in the store, <see cref="Release.Path"/> does not exist yet.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="damaged">Told of each that is damaged, here or in the store, which is left out then; null to stop at the first.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseStoreUnavailable"/>, or <see cref="ErrorTable.ReleaseDamaged"/>.</exception>
    public async Task<IReadOnlyList<Release>> ListAsync(CancellationToken cancellationToken, Action<DeployException>? damaged = null)
    {
        IReadOnlyList<Release> local = _local.List(damaged);
        HashSet<string> known = [.. local.Select(release => release.Id)];
        IReadOnlyList<Release> shared = await ReadSharedAsync(id => !known.Contains(id), cancellationToken, damaged).ConfigureAwait(false);
        return [.. local.Concat(shared).OrderBy(release => release.CreatedAt).ThenBy(release => release.Id, StringComparer.Ordinal)];
    }

    /// <summary>The releases on this machine only.</summary>
    public IReadOnlyList<Release> ListLocal(Action<DeployException>? damaged = null) => _local.List(damaged);

    /// <summary>The release of that id, or the only one whose id begins with it, here or in the store.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseNotFound"/>, <see cref="ErrorTable.ReleaseAmbiguous"/> or <see cref="ErrorTable.ReleaseStoreUnavailable"/>.</exception>
    public async Task<Release> FindAsync(string idOrPrefix, CancellationToken cancellationToken)
    {
        string prefix = idOrPrefix.Trim().ToLowerInvariant();
        if (_shared is null || prefix.Length == 0 || _local.FindExactly(prefix) is not null)
        {
            return _local.Find(idOrPrefix);
        }

        Release[] matches = [.. (await ReadSharedAsync(id => id.StartsWith(prefix, StringComparison.Ordinal), cancellationToken).ConfigureAwait(false))
            .Concat(_local.Matching(prefix))
            .DistinctBy(release => release.Id)];
        return matches switch
        {
            [{ } only] => _local.FindExactly(only.Id) ?? only,
            [] => throw new DeployException(
                ErrorTable.ReleaseNotFound,
                $"No release '{idOrPrefix}' is stored in '{_project.ReleasesFolder}' or '{_shared.Name}'.",
                "List the releases with Get-Release, or make one with New-Release.",
                idOrPrefix),
            _ => throw new DeployException(
                ErrorTable.ReleaseAmbiguous,
                $"'{idOrPrefix}' names {matches.Length} releases: {string.Join(", ", matches.Select(release => release.ShortId).Order(StringComparer.Ordinal))}.",
                "Give more digits of the id.",
                idOrPrefix),
        };
    }

    /// <summary>Brings a release's files to this machine, verified; does nothing when they are here.</summary>
    /// <exception cref="DeployException">The store does not have it, cannot be used, or gives something else.</exception>
    public async Task<Release> FetchAsync(Release release, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (Directory.Exists(_local.FolderOf(release.Id)))
        {
            return release;
        }

        string name = release.Id + ReleaseArchive.Extension;
        Stream? content = _shared is null ? null : await _shared.OpenAsync(name, cancellationToken).ConfigureAwait(false);
        if (content is null)
        {
            throw new DeployException(
                ErrorTable.ReleaseNotFound,
                $"The files of release '{release}' are not in '{_project.ReleasesFolder}'{(_shared is null ? "" : $" or '{_shared.Name}'")}.",
                _shared is null ? "Import it: New-Release -Import <file>; or name a store in 'releases.store' of env/pipeline.yml." : "Import it: New-Release -Import <file>",
                release);
        }

        await using (content.ConfigureAwait(false))
        {
            sink.Publish(new Notice($"Fetching release {release} from '{_shared!.Name}'."));
            Release fetched = await ReleaseArchive.ReadAsync(content, $"{_shared.Name}/{name}", release.Id, _project, cancellationToken).ConfigureAwait(false);
            return release with { Path = fetched.Path };
        }
    }

    /// <summary>Puts a release into the store, where one is named and does not have it.</summary>
    /// <returns>True when it was put there by this call.</returns>
    public async Task<bool> ShareAsync(Release release, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (_shared is null || (await _shared.ListAsync(Entry, cancellationToken).ConfigureAwait(false)).Contains(release.Id + Entry))
        {
            return false;
        }

        using var workshop = ReleaseWorkshop.Open(_project.ReleasesFolder);
        sink.Publish(new Notice($"Putting release {release} into '{_shared.Name}'."));
        string archive = await ExportAsync(release, Path.Combine(workshop.Path, "archive"), cancellationToken).ConfigureAwait(false);
        await _shared.PutAsync(release.Id + ReleaseArchive.Extension, archive, cancellationToken).ConfigureAwait(false);

        // Last: what has an entry is whole.
        string entry = Path.Combine(workshop.Path, "entry");
        string text = JsonSerializer.Serialize(new Dictionary<string, object> { ["createdAt"] = release.CreatedAt, ["manifest"] = Encoding.UTF8.GetString(ReleaseManifest.Write(release)) });
        await File.WriteAllTextAsync(entry, text, cancellationToken).ConfigureAwait(false);
        await _shared.PutAsync(release.Id + Entry, entry, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Writes a release as one file, which has its name when it is whole.</summary>
    /// <param name="release">The release, on this machine.</param>
    /// <param name="path">The file, or a folder that exists.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The file.</returns>
    public static async Task<string> ExportAsync(Release release, string path, CancellationToken cancellationToken)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, ReleaseArchive.NameOf(release)) : path;
        string unfinished = $"{file}.{Guid.NewGuid():N}.new";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            FileStream output = File.Create(unfinished);
            await using (output.ConfigureAwait(false))
            {
                await ReleaseArchive.WriteAsync(release, output, cancellationToken).ConfigureAwait(false);
                output.Flush(flushToDisk: true);
            }

            File.Move(unfinished, file, overwrite: true);
            return file;
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Takes a release from one file into this machine's store.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseArchiveDamaged"/>, or there is no such file.</exception>
    public async Task<Release> ImportAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            throw new DeployException(ErrorTable.ReleaseNotFound, $"There is no file '{path}'.", "Give a file that 'Get-Release -ExportTo' wrote.", path);
        }

        FileStream input = File.OpenRead(path);
        await using (input.ConfigureAwait(false))
        {
            return await ReleaseArchive.ReadAsync(input, path, null, _project, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<Release>> ReadSharedAsync(Func<string, bool> isWanted, CancellationToken cancellationToken, Action<DeployException>? damaged = null)
    {
        if (_shared is null)
        {
            return [];
        }

        string[] ids = [.. (await _shared.ListAsync(Entry, cancellationToken).ConfigureAwait(false)).Select(name => name[..^Entry.Length]).Where(isWanted)];
        var releases = new List<Release>(ids.Length);
        foreach (string[] some in ids.Chunk(AtOnce))
        {
            Task<Release>[] reading = [.. some.Select(id => ReadEntryAsync(id, cancellationToken))];
            await ((Task)Task.WhenAll(reading)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Each is heard below, one after the other.
            foreach (Task<Release> entry in reading)
            {
                try
                {
                    releases.Add(await entry.ConfigureAwait(false));
                }
                catch (DeployException e) when (damaged is not null && e.Code == ErrorTable.ReleaseDamaged)
                {
                    damaged(e);
                }
            }
        }

        return releases;
    }

    private async Task<Release> ReadEntryAsync(string id, CancellationToken cancellationToken)
    {
        Stream content = await _shared!.OpenAsync(id + Entry, cancellationToken).ConfigureAwait(false)
            ?? throw ReleaseManifest.Damaged($"{_shared.Name}/{id}", "its entry is gone", null);
        await using (content.ConfigureAwait(false))
        {
            try
            {
                using JsonDocument document = await JsonDocument.ParseAsync(content, cancellationToken: cancellationToken).ConfigureAwait(false);
                byte[] manifest = Encoding.UTF8.GetBytes(document.RootElement.GetProperty("manifest").GetString()!);
                return ReleaseManifest.IdOf(manifest) == id
                    ? ReleaseManifest.Read(manifest, _local.FolderOf(id), document.RootElement.GetProperty("createdAt").GetDateTimeOffset())
                    : throw ReleaseManifest.Damaged($"{_shared.Name}/{id}", "its manifest was changed", null);
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw ReleaseManifest.Damaged($"{_shared.Name}/{id}", $"its entry cannot be read: {e.Message}", e);
            }
        }
    }
}
