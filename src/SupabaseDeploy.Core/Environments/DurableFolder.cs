using System.Runtime.InteropServices;

namespace SupabaseDeploy.Environments;

/// <summary>Gives finished folders their names so that the names survive a loss of power; .NET can flush files only.</summary>
internal static class DurableFolder
{
    /// <summary>Renames a folder whose files were flushed when they were written.</summary>
    public static void Move(string source, string destination)
    {
        Flush(source);
        Directory.Move(source, destination);
        Flush(Path.GetDirectoryName(destination)!);
    }

    /// <summary>
    /// Flushes a whole folder, with what is in it. On Linux by one call for its file system, which is many times faster than one for each
    /// of the thousands of files of a database.
    /// </summary>
    public static void FlushAll(string folder)
    {
        if (OperatingSystem.IsLinux())
        {
            WithDescriptor(folder, SyncFs);
            return;
        }

        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            try
            {
                // A server may have it open, and may remove it meanwhile.
                using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                stream.Flush(flushToDisk: true);
            }
            catch (FileNotFoundException)
            {
                // What is gone needs no flush.
            }
        }
    }

    /// <summary>Deletes a file so that it stays deleted after a loss of power; does nothing when it is not there.</summary>
    public static void DeleteFile(string file)
    {
        if (File.Exists(file))
        {
            File.Delete(file);
            Flush(Path.GetDirectoryName(file)!);
        }
    }

    private static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        WithDescriptor(folder, FSync);
    }

    private static void WithDescriptor(string folder, Func<int, int> flush)
    {
        int descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw new IOException($"Cannot open folder '{folder}' to flush it: error {Marshal.GetLastPInvokeError()}.");
        }

        try
        {
            if (flush(descriptor) != 0)
            {
                throw new IOException($"Cannot flush folder '{folder}': error {Marshal.GetLastPInvokeError()}.");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int FSync(int descriptor);

    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static extern int SyncFs(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int descriptor);
}
