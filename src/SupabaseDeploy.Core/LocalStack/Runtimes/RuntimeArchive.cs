using System.Formats.Tar;
using System.IO.Compression;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Unpacks <c>.tar.gz</c>, <c>.tar.xz</c> and <c>.zip</c> archives. Nothing of an archive gets out of its folder.</summary>
internal static class RuntimeArchive
{
    private const UnixFileMode Usable = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Permissions = (UnixFileMode)0b111_101_101; // rwxr-xr-x: no set-uid, not writable by others.

    /// <summary>Unpacks an archive into a folder.</summary>
    /// <param name="archive">The archive's file.</param>
    /// <param name="name">Its name, whose extension says what it is.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="cancellationToken">Leaves what was unpacked so far.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.RuntimeDamaged"/>.</exception>
    public static async Task UnpackAsync(string archive, string name, string folder, CancellationToken cancellationToken)
    {
        try
        {
            await UnpackByKindAsync(archive, name, folder, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw Damaged(name, e.Message, e);
        }
    }

    private static async Task UnpackByKindAsync(string archive, string name, string folder, CancellationToken cancellationToken)
    {
        if (name.EndsWith(".zip", StringComparison.Ordinal))
        {
            await ZipFile.ExtractToDirectoryAsync(archive, folder, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (name.EndsWith(".tar.xz", StringComparison.Ordinal))
        {
            string copy = Path.Combine(folder, "archive.tar.xz");
            File.Copy(archive, copy);
            var request = new ProcessRequest("xz", ["--decompress", "--force", copy]);
            ProcessResult result = await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false);
            if (result.ExitCode != 0)
            {
                throw Damaged(name, ProcessResult.LastLines(result.Error, 2), null);
            }

            string tar = Path.Combine(folder, "archive.tar");
            FileStream unpacked = File.OpenRead(tar);
            await using (unpacked.ConfigureAwait(false))
            {
                await UnpackTarAsync(unpacked, name, folder, cancellationToken).ConfigureAwait(false);
            }

            File.Delete(tar);
            return;
        }

        FileStream file = File.OpenRead(archive);
        await using (file.ConfigureAwait(false))
        {
            var plain = new GZipStream(file, CompressionMode.Decompress);
            await using (plain.ConfigureAwait(false))
            {
                await UnpackTarAsync(plain, name, folder, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task UnpackTarAsync(Stream stream, string name, string folder, CancellationToken cancellationToken)
    {
        using var tar = new TarReader(stream);
        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
        {
            if (entry.EntryType == TarEntryType.GlobalExtendedAttributes)
            {
                continue;
            }

            string path = Inside(folder, entry.Name) ?? throw Damaged(name, $"'{entry.Name}' is outside of it", null);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            switch (entry.EntryType)
            {
                case TarEntryType.Directory:
                    Directory.CreateDirectory(path);
                    break;
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                    await WriteAsync(entry, path, cancellationToken).ConfigureAwait(false);
                    break;
                // Only a neighbour: a chain of links could lead anywhere, whatever the names look like.
                case TarEntryType.SymbolicLink when entry.LinkName == Path.GetFileName(entry.LinkName) && entry.LinkName is not (".." or ""):
                    File.CreateSymbolicLink(path, entry.LinkName);
                    break;
                default:
                    throw Damaged(name, $"'{entry.Name}' is a {entry.EntryType} to '{entry.LinkName}', which is not unpacked", null);
            }
        }
    }

    private static async Task WriteAsync(TarEntry entry, string path, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = (entry.Mode & Permissions) | Usable;
        }

        var file = new FileStream(path, options);
        await using (file.ConfigureAwait(false))
        {
            if (entry.DataStream is { } content)
            {
                await content.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The path that a name means; null when it is not below the folder.</summary>
    private static string? Inside(string folder, string name) =>
        name.Length == 0 || Path.IsPathRooted(name) || name.Split('/', '\\').Contains("..")
            ? null
            : Path.GetFullPath(Path.Combine(folder, name)).TrimEnd(Path.DirectorySeparatorChar);

    private static DeployException Damaged(string name, string why, Exception? inner) => new(
        ErrorTable.RuntimeDamaged,
        $"'{name}' cannot be unpacked: {why}.",
        "Name an address that has the right archive with -BaseAddress.",
        name,
        inner);
}
