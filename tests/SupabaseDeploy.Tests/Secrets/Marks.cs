using System.Buffers;
using System.Collections.Concurrent;
using System.Text;

namespace SupabaseDeploy.Tests.Secrets;

/// <summary>
/// Secrets that cannot be mistaken for anything else. Each has a random core of hexadecimal digits, which URL, JSON, SQL and shell quoting
/// leave as it is; what changes letters (base64, hexadecimal) is searched for besides.
/// </summary>
internal sealed class Marks
{
    private const int Piece = 12;

    private readonly ConcurrentDictionary<string, SearchValues<string>> _needles = new(StringComparer.Ordinal);

    /// <summary>A new secret in a form that its consumer takes: <c>{0}</c> stands for the core.</summary>
    public string New(string kind, string form = "{0}")
    {
        string core = Guid.NewGuid().ToString("N");
        Add(kind, core);
        return form.Replace("{0}", core, StringComparison.Ordinal);
    }

    /// <summary>A secret that somebody else made.</summary>
    public void Add(string kind, string core) => _needles[kind] = SearchValues.Create([.. Needles(core)], StringComparison.OrdinalIgnoreCase);

    /// <summary>The kinds of secrets that a text holds, whole or a piece of them.</summary>
    public IEnumerable<string> In(string text) => _needles
        .Where(mark => text.AsSpan().ContainsAny(mark.Value))
        .Select(mark => mark.Key);

    private static IEnumerable<string> Needles(string core)
    {
        yield return core[..Piece];
        yield return core[^Piece..];
        byte[] bytes = Encoding.UTF8.GetBytes(core);
        yield return Convert.ToHexString(bytes);
        for (int shift = 0; shift < 3; shift++)
        {
            // Where it begins inside of a longer text decides what base64 makes of it; the first and last characters belong to its neighbours too.
            string encoded = Convert.ToBase64String([.. new byte[shift], .. bytes]).TrimEnd('=');
            yield return encoded[4..^4];
        }
    }
}
