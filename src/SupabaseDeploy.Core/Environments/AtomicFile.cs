using System.Text;

namespace SupabaseDeploy.Environments;

/// <summary>
/// Writes a whole file or nothing: to a temporary name in the same folder, flushed to the disk, then renamed over the old file.
/// A reader sees the old content or the new content, also when the writer is killed.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes UTF-8 without a byte-order mark.</summary>
    /// <param name="path">The file; its folder is created when missing.</param>
    /// <param name="text">The new content.</param>
    /// <param name="mode">Permissions on Unix, whatever the umask; null for the usual ones. Ignored on Windows.</param>
    public static void WriteAllText(string path, string text, UnixFileMode? mode = null)
    {
        string temporary = TemporaryName(path);
        try
        {
            using (FileStream stream = Create(temporary, mode, FileOptions.None))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes UTF-8 without a byte-order mark.</summary>
    /// <param name="path">The file; its folder is created when missing.</param>
    /// <param name="text">The new content.</param>
    /// <param name="mode">Permissions on Unix, whatever the umask; null for the usual ones. Ignored on Windows.</param>
    /// <param name="cancellationToken">Leaves the old file as it was.</param>
    /// <param name="isDurable">Whether it must survive a loss of power, which costs a flush to the disk.</param>
    public static async Task WriteAllTextAsync(
        string path, string text, UnixFileMode? mode = null, CancellationToken cancellationToken = default, bool isDurable = true)
    {
        string temporary = TemporaryName(path);
        try
        {
            FileStream stream = Create(temporary, mode, FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken).ConfigureAwait(false);
                stream.Flush(flushToDisk: isDurable);
            }

            cancellationToken.ThrowIfCancellationRequested();
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static string TemporaryName(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
    }

    private static FileStream Create(string temporary, UnixFileMode? mode, FileOptions options)
    {
        var settings = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, Options = options };
        if (mode is null || OperatingSystem.IsWindows())
        {
            return new FileStream(temporary, settings);
        }

        // Created with these permissions, so that a secret is never readable for a moment; set again because the umask takes bits away.
        settings.UnixCreateMode = mode;
        var stream = new FileStream(temporary, settings);
        File.SetUnixFileMode(stream.SafeFileHandle, mode.Value);
        return stream;
    }
}
