using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;

namespace SupabaseDeploy.Gateway.Web;

/// <summary>
/// One release on disk as an index from URL path to file. A request is looked up in the index and never becomes a path of the
/// file system, so no path it could hold reaches a file outside the release.
/// </summary>
internal sealed class ServedRelease
{
    private static readonly EnumerationOptions s_regularFiles = new()
    {
        RecurseSubdirectories = true,
        // A link could point out of the release; the rest (hidden files among them) was put into the bundle to be served.
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = false,
    };

    private readonly FrozenDictionary<string, string> _files;
    private readonly ConcurrentDictionary<string, Task<string>> _digests = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly DateTime _folderTime;

    private ServedRelease(string id, string folder, DateTime folderTime, FrozenDictionary<string, string> files)
    {
        Id = id;
        _folder = folder;
        _folderTime = folderTime;
        _files = files;
    }

    public string Id { get; }

    /// <summary>False once the folder was removed or replaced.</summary>
    public bool IsCurrent => Directory.Exists(_folder) && Directory.GetLastWriteTimeUtc(_folder) == _folderTime;

    /// <summary>Reads the index; null when the folder is not there.</summary>
    public static ServedRelease? Read(string id, string folder)
    {
        DateTime folderTime = Directory.GetLastWriteTimeUtc(folder);
        try
        {
            return new ServedRelease(id, folder, folderTime, Directory.EnumerateFiles(folder, "*", s_regularFiles).ToFrozenDictionary(
                path => "/" + Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'),
                StringComparer.Ordinal));
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The file a URL path names; null when the release has none.</summary>
    public string? Find(string urlPath) => _files.GetValueOrDefault(urlPath);

    /// <summary>SHA-256 of a file's content in hexadecimal, computed once a release.</summary>
    public async Task<string> DigestAsync(string file)
    {
        try
        {
            return await _digests.GetOrAdd(file, ComputeDigestAsync);
        }
        catch (IOException)
        {
            _digests.TryRemove(file, out _); // The next request tries again.
            throw;
        }
    }

    // Shared by every request for the file, so it does not end with the first one that asked.
    private static async Task<string> ComputeDigestAsync(string file)
    {
        await using FileStream content = ReleaseFileStream.Open(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, CancellationToken.None));
    }
}
