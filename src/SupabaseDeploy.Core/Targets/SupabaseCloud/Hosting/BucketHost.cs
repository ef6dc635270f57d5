using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>
/// A bucket of the project's storage. Storage cannot switch a folder at once, so that the order has to do: files of new names first, then, with the marker
/// saying that nothing is certain, those that are replaced, <c>index.html</c> last, and the marker with the release's id at the very end.
/// </summary>
internal sealed class BucketHost(StorageApi storage, HostedSite site) : IWebHost
{
    private const int UploadsAtOnce = 6;

    public HostedSite Site => site;

    public async Task PublishAsync(Release release, IProgressSink sink, CancellationToken cancellationToken)
    {
        await storage.EnsureBucketAsync(cancellationToken).ConfigureAwait(false);
        WebMarker before = await site.ReadMarkerAsync(cancellationToken).ConfigureAwait(false) ?? new WebMarker(Release: null);
        IReadOnlyList<ReleaseFile> files = release.Web!.Files;
        ReleaseFile[] changed = [.. files.Where(file => before.Release is null || before.Files.GetValueOrDefault(file.Path) != file.Sha256)];
        ReleaseFile[] added = [.. changed.Where(file => before.Release is not null && !before.Files.ContainsKey(file.Path) && file.Path != WebAssets.Index)];
        ReleaseFile[] replaced = [.. changed.Except(added).Where(file => file.Path != WebAssets.Index)];
        sink.Publish(new Detail($"Writing {changed.Length} of {files.Count} files of release {release} to '{site.Address}'."));
        await UploadAsync(release, added, cancellationToken).ConfigureAwait(false);
        await MarkAsync(before with { Release = null, Files = Both(before.Files, files) }, cancellationToken).ConfigureAwait(false);
        await UploadAsync(release, replaced, cancellationToken).ConfigureAwait(false);
        await UploadAsync(release, [.. changed.Where(file => file.Path == WebAssets.Index)], cancellationToken).ConfigureAwait(false);
        HashSet<string> now = files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        await storage.RemoveAsync([.. before.Stale.Where(path => !now.Contains(path))], cancellationToken).ConfigureAwait(false);
        var marker = new WebMarker(release.Id)
        {
            Files = files.ToDictionary(file => file.Path, file => file.Sha256, StringComparer.Ordinal),
            Stale = [.. before.Files.Keys.Where(path => !now.Contains(path)).Order(StringComparer.Ordinal)],
        };
        await MarkAsync(marker, cancellationToken).ConfigureAwait(false);
    }

    public async Task WithdrawAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        WebMarker? before = await site.ReadMarkerAsync(cancellationToken).ConfigureAwait(false);
        if (before is null)
        {
            return;
        }

        sink.Publish(new Detail($"Removing the web bundle from '{site.Address}'."));
        await MarkAsync(before with { Release = null }, cancellationToken).ConfigureAwait(false);
        await storage.RemoveAsync([WebAssets.Index, .. before.Files.Keys.Where(path => path != WebAssets.Index), .. before.Stale], cancellationToken).ConfigureAwait(false);
        await MarkAsync(new WebMarker(Release: null), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Everything that may be there, so that whoever comes after a publish that died can still remove it.</summary>
    private static Dictionary<string, string> Both(IReadOnlyDictionary<string, string> before, IReadOnlyList<ReleaseFile> files)
    {
        var both = new Dictionary<string, string>(before, StringComparer.Ordinal);
        foreach (ReleaseFile file in files)
        {
            both[file.Path] = file.Sha256;
        }

        return both;
    }

    private Task UploadAsync(Release release, IReadOnlyList<ReleaseFile> files, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        files,
        new ParallelOptions { MaxDegreeOfParallelism = UploadsAtOnce, CancellationToken = cancellationToken },
        async (file, token) => await storage.UploadAsync(file.Path, () => File.OpenRead(Path.Combine(release.WebFolder, file.Path)), token).ConfigureAwait(false));

    private Task MarkAsync(WebMarker marker, CancellationToken cancellationToken)
    {
        byte[] json = marker.ToJson();
        return storage.UploadAsync(WebMarker.FileName, () => new MemoryStream(json), cancellationToken);
    }
}
