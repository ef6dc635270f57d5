using System.Collections.Concurrent;
using System.Security.Cryptography;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Backups;

/// <summary>What is wrong with one file of a backup.</summary>
/// <param name="Path">Relative path with forward slashes.</param>
/// <param name="Problem">What is wrong: <c>is missing</c>, <c>is truncated: 12 of 40 bytes</c>.</param>
public sealed record BackupDefect(string Path, string Problem)
{
    /// <inheritdoc/>
    public override string ToString() => $"'{Path}' {Problem}";
}

/// <summary>Measures and checks the files of a backup.</summary>
public static class BackupFiles
{
    // Written about the backup, not part of it.
    private static readonly string[] s_notContent = [BackupStore.ManifestName, BackupStore.ManifestDigestName, BackupStore.DrillName];

    /// <summary>Every file of the backup with size and digest, in order of their paths.</summary>
    public static async Task<IReadOnlyList<BackupFile>> MeasureAsync(string folder, CancellationToken cancellationToken)
    {
        var files = new ConcurrentBag<BackupFile>();
        await Parallel.ForEachAsync(
            RelativePaths(folder),
            cancellationToken,
            async (path, token) => files.Add(await MeasureAsync(folder, path, token).ConfigureAwait(false))).ConfigureAwait(false);
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>Compares the files with the manifest; empty when the backup is exactly what was written.</summary>
    public static async Task<IReadOnlyList<BackupDefect>> FindDefectsAsync(DeploymentBackup backup, CancellationToken cancellationToken)
    {
        var defects = new ConcurrentBag<BackupDefect>();
        HashSet<string> present = [.. RelativePaths(backup.Path)];
        HashSet<string> expected = [.. backup.Manifest.Files.Select(file => file.Path)];
        foreach (string path in present.Except(expected))
        {
            defects.Add(new BackupDefect(path, "does not belong to the backup"));
        }

        await Parallel.ForEachAsync(
            backup.Manifest.Files,
            cancellationToken,
            async (file, token) =>
            {
                if (await FindDefectAsync(backup.Path, file, present, token).ConfigureAwait(false) is { } problem)
                {
                    defects.Add(new BackupDefect(file.Path, problem));
                }
            }).ConfigureAwait(false);
        return [.. defects.OrderBy(defect => defect.Path, StringComparer.Ordinal)];
    }

    /// <summary>Refuses a backup that is not exactly what was written.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.BackupDamaged"/>, naming every file.</exception>
    public static async Task EnsureIntactAsync(DeploymentBackup backup, CancellationToken cancellationToken)
    {
        IReadOnlyList<BackupDefect> defects = await FindDefectsAsync(backup, cancellationToken).ConfigureAwait(false);
        if (defects.Count > 0)
        {
            throw new DeployException(
                ErrorTable.BackupDamaged,
                $"Backup '{backup.Id}' is damaged: {string.Join(", ", defects)}.",
                $"Use another backup of '{backup.Environment}', and find out what changed the files in '{backup.Path}'.",
                backup);
        }
    }

    /// <summary>Makes every file and folder private to this user.</summary>
    public static void Protect(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(file, BackupStore.OwnerReadWrite);
        }

        foreach (string inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(inner, BackupStore.OwnerReadWrite | UnixFileMode.UserExecute);
        }
    }

    private static async Task<string?> FindDefectAsync(string folder, BackupFile expected, HashSet<string> present, CancellationToken cancellationToken)
    {
        // Only names found inside the folder are opened: a manifest cannot point elsewhere.
        if (!present.Contains(expected.Path))
        {
            return "is missing";
        }

        var information = new FileInfo(Path.Combine(folder, expected.Path));
        if (information.LinkTarget is not null)
        {
            return "is a link, not a file";
        }

        if (information.Length != expected.Size)
        {
            return information.Length < expected.Size
                ? $"is truncated: {information.Length} of {expected.Size} bytes"
                : $"has grown: {information.Length} instead of {expected.Size} bytes";
        }

        BackupFile actual = await MeasureAsync(folder, expected.Path, cancellationToken).ConfigureAwait(false);
        return actual.Sha256 == expected.Sha256 ? null : $"is corrupted: its SHA-256 is {actual.Sha256[..12]}… instead of {expected.Sha256[..12]}…";
    }

    private static async Task<BackupFile> MeasureAsync(string folder, string path, CancellationToken cancellationToken)
    {
        FileStream stream = File.OpenRead(Path.Combine(folder, path));
        await using (stream.ConfigureAwait(false))
        {
            byte[] digest = await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false);
            return new BackupFile(path, stream.Length, Convert.ToHexStringLower(digest));
        }
    }

    private static IEnumerable<string> RelativePaths(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
            .Where(path => !s_notContent.Contains(path) && !IsLeftover(path));

    // A killed writer of drill.json leaves a temporary file of AtomicFile's.
    private static bool IsLeftover(string path) => path.StartsWith('.') && path.EndsWith(".tmp", StringComparison.Ordinal);
}
