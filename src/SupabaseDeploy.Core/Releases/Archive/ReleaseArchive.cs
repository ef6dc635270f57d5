using System.Formats.Tar;
using System.IO.Compression;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>
/// A release as one file: a gzip-compressed tar with <c>manifest.json</c>, <c>created.json</c> and then every file of the release by path,
/// without owners, modes and times of this machine, so that the same release is the same file.
/// </summary>
internal static class ReleaseArchive
{
    /// <summary>How the names of such files end.</summary>
    public const string Extension = ".release.tar.gz";

    // A manifest of a hundred thousand files has 20 MB; what claims more is no manifest.
    private const long LargestManifest = 256L * 1024 * 1024;

    // Of a migration the manifest has no size. Nothing is written that no release can hold: a few kilobytes unpack to any number of gigabytes.
    private const long LargestMigration = 1024L * 1024 * 1024;

    /// <summary>The name of the file when none is given.</summary>
    public static string NameOf(Release release) => $"{release.Application}-{release.ShortId}{Extension}";

    /// <summary>Writes a release, whose files are hashed again first.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseDamaged"/>.</exception>
    public static async Task WriteAsync(Release release, Stream output, CancellationToken cancellationToken)
    {
        await ReleaseVerification.VerifyAsync(release, cancellationToken).ConfigureAwait(false);
        var gzip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        await using (gzip.ConfigureAwait(false))
        {
            var tar = new TarWriter(gzip, TarEntryFormat.Gnu, leaveOpen: true);
            await using (tar.ConfigureAwait(false))
            {
                foreach (string path in (string[])[ReleaseManifest.FileName, ReleaseStore.CreatedFileName, .. ReleaseVerification.ExpectedFiles(release).Keys.Order(StringComparer.Ordinal)])
                {
                    await AddAsync(tar, path, Path.Combine(release.Path, path), cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Reads a release into the store of a project. Nothing of the archive is believed before it is verified whole.</summary>
    /// <param name="input">The file.</param>
    /// <param name="source">What it is called, for errors.</param>
    /// <param name="expectedId">The id it has to have; null for any.</param>
    /// <param name="project">The project.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseArchiveDamaged"/>.</exception>
    public static async Task<Release> ReadAsync(Stream input, string source, string? expectedId, ProjectFolder project, CancellationToken cancellationToken)
    {
        using var workshop = ReleaseWorkshop.Open(project.ReleasesFolder);
        Release release = await UnpackVerifiedAsync(input, source, expectedId, workshop.Path, cancellationToken).ConfigureAwait(false);
        string folder = Path.Combine(project.ReleasesFolder, release.Id);
        bool isNew = !Directory.Exists(folder) && workshop.Finish(folder);
        Release stored = ReleaseStore.Read(folder);
        if (!isNew)
        {
            await ReleaseVerification.VerifyAsync(stored, cancellationToken).ConfigureAwait(false);
        }

        return stored with { Changed = isNew };
    }

    private static async Task<Release> UnpackVerifiedAsync(Stream input, string source, string? expectedId, string folder, CancellationToken cancellationToken)
    {
        try
        {
            Release release = await UnpackAsync(input, folder, cancellationToken).ConfigureAwait(false);
            if (expectedId is not null && release.Id != expectedId)
            {
                throw Damaged(source, $"it is release '{release.ShortId}' and not '{expectedId[..12]}'", null);
            }

            await ReleaseVerification.VerifyAsync(release, cancellationToken).ConfigureAwait(false);
            return release;
        }
        catch (DeployException e) when (e.Code == ErrorTable.ReleaseDamaged)
        {
            throw Damaged(source, e.Message[(e.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..].TrimEnd('.'), e);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException)
        {
            throw Damaged(source, $"it is cut off or no such file at all: {e.Message.TrimEnd('.')}", e);
        }
    }

    private static async Task<Release> UnpackAsync(Stream input, string folder, CancellationToken cancellationToken)
    {
        var gzip = new GZipStream(input, CompressionMode.Decompress, leaveOpen: true);
        await using (gzip.ConfigureAwait(false))
        {
            var tar = new TarReader(gzip, leaveOpen: true);
            await using (tar.ConfigureAwait(false))
            {
                byte[] manifest = await ReadTextAsync(tar, ReleaseManifest.FileName, folder, cancellationToken).ConfigureAwait(false);
                await ReadTextAsync(tar, ReleaseStore.CreatedFileName, folder, cancellationToken).ConfigureAwait(false);
                Release release = ReleaseManifest.Read(manifest, folder, ReleaseStore.CreatedAt(folder));
                await UnpackFilesAsync(tar, release, folder, cancellationToken).ConfigureAwait(false);
                return release;
            }
        }
    }

    /// <summary>Only paths that the manifest names are written, and it names none outside of the folder.</summary>
    private static async Task UnpackFilesAsync(TarReader tar, Release release, string folder, CancellationToken cancellationToken)
    {
        HashSet<string> expected = [.. ReleaseVerification.ExpectedFiles(release).Keys];
        Dictionary<string, long> sizes = ReleaseVerification.ExpectedSizes(release);
        while (await tar.GetNextEntryAsync(cancellationToken: cancellationToken).ConfigureAwait(false) is { } entry)
        {
            if (entry.EntryType != TarEntryType.RegularFile || !expected.Remove(entry.Name))
            {
                throw ReleaseManifest.Damaged(folder, $"'{entry.Name}' does not belong to it", null);
            }

            if (sizes.TryGetValue(entry.Name, out long size) ? entry.Length != size : entry.Length > LargestMigration)
            {
                throw ReleaseManifest.Damaged(folder, $"'{entry.Name}' was changed: it has {entry.Length} bytes", null);
            }

            await WriteAsync(entry, Path.Combine(folder, entry.Name), cancellationToken).ConfigureAwait(false);
        }

        Directory.CreateDirectory(Path.Combine(folder, "migrations"));
    }

    private static async Task<byte[]> ReadTextAsync(TarReader tar, string name, string folder, CancellationToken cancellationToken)
    {
        TarEntry? entry = await tar.GetNextEntryAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        if (entry?.Name != name || entry.EntryType != TarEntryType.RegularFile || entry.Length > LargestManifest)
        {
            throw new InvalidDataException($"'{name}' is not where it has to be");
        }

        string path = Path.Combine(folder, name);
        await WriteAsync(entry, path, cancellationToken).ConfigureAwait(false);
        return await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
    }

    private static async Task WriteAsync(TarEntry entry, string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        FileStream file = File.Create(path);
        await using (file.ConfigureAwait(false))
        {
            if (entry.DataStream is { } content)
            {
                await content.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
            }

            file.Flush(flushToDisk: true);
        }
    }

    private static async Task AddAsync(TarWriter tar, string path, string file, CancellationToken cancellationToken)
    {
        FileStream content = File.OpenRead(file);
        await using (content.ConfigureAwait(false))
        {
            var entry = new GnuTarEntry(TarEntryType.RegularFile, path)
            {
                DataStream = content,
                ModificationTime = DateTimeOffset.UnixEpoch,
                AccessTime = DateTimeOffset.UnixEpoch,
                ChangeTime = DateTimeOffset.UnixEpoch,
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            };
            await tar.WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
        }
    }

    private static DeployException Damaged(string source, string why, Exception? inner) => new(
        ErrorTable.ReleaseArchiveDamaged,
        $"'{source}' cannot be imported: {why}.",
        "Export the release again where it was made, and copy the file whole.",
        source,
        inner);
}
