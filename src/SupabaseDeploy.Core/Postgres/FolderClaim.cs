using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// A folder under construction, with a lock file beside it that the operating system frees when the process ends, however it ends.
/// So what a killed process left can be told from what another one is working on.
/// </summary>
internal sealed class FolderClaim : IDisposable
{
    private const string LockSuffix = ".lock";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileLock _lock;

    private FolderClaim(string path, FileLock claim)
    {
        Path = path;
        _lock = claim;
    }

    /// <summary>The folder, absolute.</summary>
    public string Path { get; }

    /// <summary>Makes and claims an empty folder that only this user may enter.</summary>
    public static FolderClaim Create(string path)
    {
        CreatePrivateFolder(System.IO.Path.GetDirectoryName(path)!);
        FileLock claim = TryLock(path) ?? throw new IOException($"Folder '{path}' cannot be claimed: another process has it.");
        try
        {
            CreatePrivateFolder(path);
            return new FolderClaim(path, claim);
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    /// <summary>Claims the folders in <paramref name="parent"/> whose name starts with <paramref name="prefix"/> and whose process has ended.</summary>
    public static IEnumerable<FolderClaim> TakeAbandoned(string parent, string prefix)
    {
        if (!Directory.Exists(parent))
        {
            yield break;
        }

        IEnumerable<string> folders = Directory.GetDirectories(parent, prefix + "*")
            .Concat(Directory.GetFiles(parent, prefix + "*" + LockSuffix).Select(file => file[..^LockSuffix.Length]))
            .Distinct(StringComparer.Ordinal);
        foreach (string folder in folders)
        {
            if (TryLock(folder) is { } claim)
            {
                yield return new FolderClaim(folder, claim);
            }
        }
    }

    /// <summary>A folder only this user may enter.</summary>
    public static void CreatePrivateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, OwnerOnly);
    }

    /// <summary>Gives the finished folder its name, durably.</summary>
    public void RenameTo(string name) => DurableFolder.Move(Path, System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, name));

    /// <summary>Deletes the folder where it still has its first name.</summary>
    public void Delete()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    /// <summary>Ends the claim; the folder stays as it is.</summary>
    public void Dispose() => _lock.Dispose();

    private static FileLock? TryLock(string folder) => FileLock.TryAcquire(folder + LockSuffix);
}
