namespace SupabaseDeploy.Releases;

/// <summary>Compares a stored release, byte for byte, with what its id stands for.</summary>
internal static class ReleaseVerification
{
    public static async Task VerifyAsync(Release release, CancellationToken cancellationToken)
    {
        byte[] manifest = await ReadManifestAsync(release, cancellationToken).ConfigureAwait(false);
        if (ReleaseManifest.IdOf(manifest) != release.Id)
        {
            throw ReleaseManifest.Damaged(release.Path, "its manifest was changed", null);
        }

        Release stored = ReleaseManifest.Read(manifest, release.Path, release.CreatedAt);
        if (!ReleaseManifest.Write(stored).AsSpan().SequenceEqual(manifest))
        {
            // A ledger keeps what is written of a release, and would find another id in it.
            throw ReleaseManifest.Damaged(release.Path, "its manifest is not as this version writes it", null);
        }

        Dictionary<string, string> expected = ExpectedFiles(stored);
        await Parallel.ForEachAsync(
            expected,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken },
            async (file, token) => await VerifyFileAsync(release, file.Key, file.Value, token).ConfigureAwait(false)).ConfigureAwait(false);

        if (Bundles(stored).Any(bundle => FileDigest.OfFiles(bundle.Files) != bundle.Digest))
        {
            throw ReleaseManifest.Damaged(release.Path, "the digest of its web bundle is not that of its files", null);
        }

        if (stored.Functions.FirstOrDefault(function => function.ComputeDigest() != function.Digest) is { } wrong)
        {
            throw ReleaseManifest.Damaged(release.Path, $"the digest of function '{wrong}' is not that of its files", null);
        }

        EnsureNothingElse(release.Path, expected);
    }

    /// <summary>Every file a release holds beside its manifest, by relative path, with its SHA-256.</summary>
    internal static Dictionary<string, string> ExpectedFiles(Release release)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ReleaseMigration migration in release.Migrations)
        {
            files.TryAdd($"migrations/{migration.FileName}", migration.Sha256);
            if (migration.DownSha256 is { } down)
            {
                files.TryAdd($"migrations/down/{migration.FileName}", down);
            }
        }

        foreach ((string path, ReleaseFile file) in Copied(release))
        {
            files.TryAdd(path, file.Sha256);
        }

        return files;
    }

    /// <summary>The bytes of every file whose size the manifest names: all but migrations.</summary>
    internal static Dictionary<string, long> ExpectedSizes(Release release) =>
        Copied(release).DistinctBy(copied => copied.Path).ToDictionary(copied => copied.Path, copied => copied.File.Size);

    private static IEnumerable<(string Path, ReleaseFile File)> Copied(Release release) =>
    [
        .. release.Functions.SelectMany(function => function.Files.Select(file => ($"functions/{function.Slug}/{file.Path}", file))),
        .. (release.Webs?.Bundles ?? new Dictionary<string, ReleaseBundle>()).SelectMany(web => web.Value.Files.Select(file => ($"webs/{web.Key}/{file.Path}", file))),
        .. (release.Web?.Files ?? []).Select(file => ($"web/{file.Path}", file)),
    ];

    private static IEnumerable<ReleaseBundle> Bundles(Release release) =>
        release.Web is { } web ? [web] : release.Webs?.Bundles.Values ?? [];

    private static async Task<byte[]> ReadManifestAsync(Release release, CancellationToken cancellationToken)
    {
        string path = Path.Combine(release.Path, ReleaseManifest.FileName);
        return File.Exists(path)
            ? await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false)
            : throw ReleaseManifest.Damaged(release.Path, "it has no manifest", null);
    }

    private static async Task VerifyFileAsync(Release release, string path, string sha256, CancellationToken cancellationToken)
    {
        string file = Path.Combine(release.Path, path);
        if (!File.Exists(file))
        {
            throw ReleaseManifest.Damaged(release.Path, $"'{path}' is missing", null);
        }

        if (await FileDigest.OfFileAsync(file, cancellationToken).ConfigureAwait(false) != sha256)
        {
            throw ReleaseManifest.Damaged(release.Path, $"'{path}' was changed", null);
        }
    }

    private static void EnsureNothingElse(string folder, Dictionary<string, string> expected)
    {
        string? stranger = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'))
            .FirstOrDefault(path => path is not (ReleaseManifest.FileName or ReleaseStore.CreatedFileName) && !expected.ContainsKey(path));
        if (stranger is not null)
        {
            throw ReleaseManifest.Damaged(folder, $"'{stranger}' was added", null);
        }
    }
}
