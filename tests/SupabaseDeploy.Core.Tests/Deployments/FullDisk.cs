using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>A folder on a file system of its own that is so small that it can be filled. Only root may mount one.</summary>
internal sealed class FullDisk : IAsyncDisposable
{
    private readonly string _folder;

    private FullDisk(string folder, bool isReal)
    {
        _folder = folder;
        IsReal = isReal;
    }

    /// <summary>False where nothing may be mounted: then whoever uses it has to fail as a full disk does.</summary>
    public bool IsReal { get; }

    private string Filler => Path.Combine(_folder, "filler");

    public static async Task<FullDisk> MountAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        if (!Environment.IsPrivilegedProcess || !OperatingSystem.IsLinux())
        {
            return new FullDisk(folder, isReal: false);
        }

        ProcessResult mounted = await ChildProcess.RunAsync(
            new ProcessRequest("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]), CancellationToken.None);
        return new FullDisk(folder, mounted.ExitCode == 0);
    }

    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[4096];
        try
        {
            while (true)
            {
                filler.Write(page);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    public void Empty() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        if (IsReal)
        {
            await ChildProcess.RunAsync(new ProcessRequest("umount", [_folder]), CancellationToken.None);
        }
    }
}
