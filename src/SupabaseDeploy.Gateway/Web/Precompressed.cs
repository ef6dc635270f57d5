using Microsoft.Net.Http.Headers;

namespace SupabaseDeploy.Gateway.Web;

/// <summary>
/// The compressed files that a bundle has beside a file, as <c>main.dart.js.br</c>. The gateway compresses nothing itself: on loopback that
/// would cost more than it saves, and a bundle that is to be small elsewhere is compressed once, better than a server can.
/// </summary>
internal static class Precompressed
{
    // The smaller one first: it is taken where a client likes both the same.
    private static readonly (string Encoding, string Extension)[] s_kinds = [("br", ".br"), ("gzip", ".gz")];

    /// <summary>The compressed files beside one, the smallest kind first.</summary>
    public static IReadOnlyList<(string Encoding, string File)> Of(ServedRelease release, string urlPath) =>
        [.. s_kinds
            .Select(kind => (kind.Encoding, File: release.Find(urlPath + kind.Extension)!))
            .Where(kind => kind.File is not null)];

    /// <summary>
    /// The one to answer with; null for the file itself. So is a part of a file: what is put together from parts must not depend on the
    /// encoding that a client asked for in between.
    /// </summary>
    public static (string Encoding, string File)? Choose(IReadOnlyList<(string Encoding, string File)> kinds, HttpRequest request)
    {
        if (kinds.Count == 0 || request.Headers.ContainsKey(HeaderNames.Range))
        {
            return null;
        }

        IList<StringWithQualityHeaderValue> wished = request.GetTypedHeaders().AcceptEncoding;
        double best = Math.Max(0, Quality(wished, "identity") ?? 0);
        (string Encoding, string File)? chosen = null;
        foreach ((string encoding, string file) in kinds)
        {
            double quality = Quality(wished, encoding) ?? Quality(wished, "*") ?? 0;
            if (quality > 0 && (chosen is null ? quality >= best : quality > best))
            {
                (best, chosen) = (quality, (encoding, file));
            }
        }

        return chosen;
    }

    private static double? Quality(IList<StringWithQualityHeaderValue> wished, string encoding)
    {
        StringWithQualityHeaderValue? named = wished.FirstOrDefault(value => value.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase));
        return named is null ? null : named.Quality ?? 1;
    }
}
