using System.Collections.Concurrent;
using System.Text;

namespace SupabaseDeploy.Gateway.Web;

/// <summary>
/// The web root of one environment: <c>releases/&lt;id&gt;/</c> and the pointer file <c>current</c>, which holds the id of the served one
/// and is replaced by a rename. Releases never change once they have their name, so each is read into an index once.
/// </summary>
internal sealed class WebRoot(string folder)
{
    private const int LongestId = 128;

    private readonly string _pointer = Path.Combine(folder, "current");
    private readonly string _releases = Path.Combine(folder, "releases");
    private readonly ConcurrentDictionary<string, ServedRelease> _known = new(StringComparer.Ordinal);

    /// <summary>
    /// The id the pointer holds now; null before the first publish. The file is opened anew each time: reading a hundred bytes
    /// costs a few microseconds, and no combination of time, length and inode would notice every replacement.
    /// </summary>
    public string? CurrentId()
    {
        Span<byte> content = stackalloc byte[LongestId];
        int length;
        try
        {
            using var file = File.OpenHandle(_pointer, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            length = RandomAccess.Read(file, content, fileOffset: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        string id = Encoding.ASCII.GetString(content[..length]).Trim();
        return IsId(id) ? id : null;
    }

    /// <summary>The release of that id; null when its folder is not (or no longer) there.</summary>
    public ServedRelease? Find(string id)
    {
        string path = Path.Combine(_releases, id);
        if (_known.TryGetValue(id, out ServedRelease? known) && known.IsCurrent)
        {
            return known;
        }

        // A release can be removed, and published again, while it is read: only an index of one and the same folder is kept.
        ServedRelease? read = ServedRelease.Read(id, path);
        if (read is not { IsCurrent: true })
        {
            _known.TryRemove(id, out _);
            return null;
        }

        return _known[id] = read;
    }

    /// <summary>The other releases that are kept: pages of theirs may still be open and ask for their assets.</summary>
    public IEnumerable<ServedRelease> KeptBeside(string currentId) =>
        Directory.EnumerateDirectories(_releases)
            .Select(path => Path.GetFileName(path))
            .Where(id => id != currentId && IsId(id))
            .Select(Find)
            .OfType<ServedRelease>();

    /// <summary>A release id is a plain folder name; one with a dot is a copy or a removal under way.</summary>
    private static bool IsId(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
