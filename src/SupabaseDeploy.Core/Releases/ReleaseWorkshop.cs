using System.Diagnostics;
using System.Globalization;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Releases;

/// <summary>The temporary folder a release is made in, beside its final place so that it can be renamed there.</summary>
internal sealed class ReleaseWorkshop : IDisposable
{
    private const string Prefix = ".new-";

    private ReleaseWorkshop(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Opens a new one, and removes those that processes left behind when they were killed.</summary>
    public static ReleaseWorkshop Open(string releasesFolder)
    {
        Directory.CreateDirectory(releasesFolder);
        foreach (string left in Directory.GetDirectories(releasesFolder, Prefix + "*").Where(folder => !OwnerIsAlive(folder)))
        {
            Directory.Delete(left, recursive: true);
        }

        string name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid():N}");
        return new ReleaseWorkshop(Directory.CreateDirectory(System.IO.Path.Combine(releasesFolder, name)).FullName);
    }

    /// <summary>Gives the folder its final name; false when somebody else finished the same release first.</summary>
    public bool Finish(string destination)
    {
        try
        {
            DurableFolder.Move(Path, destination);
            return true;
        }
        catch (IOException) when (Directory.Exists(destination))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static bool OwnerIsAlive(string folder)
    {
        string[] parts = System.IO.Path.GetFileName(folder)[Prefix.Length..].Split('-');
        if (!int.TryParse(parts[0], CultureInfo.InvariantCulture, out int processId))
        {
            return false;
        }

        try
        {
            using Process process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
