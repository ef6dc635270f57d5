using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>What a file of a web bundle is served as.</summary>
internal static class WebAssets
{
    /// <summary>The page that names all the others.</summary>
    public const string Index = "index.html";

    private static readonly Dictionary<string, string> s_types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".json"] = "application/json; charset=utf-8",
        [".map"] = "application/json; charset=utf-8",
        [".webmanifest"] = "application/manifest+json; charset=utf-8",
        [".txt"] = "text/plain; charset=utf-8",
        [".xml"] = "application/xml",
        [".svg"] = "image/svg+xml",
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".avif"] = "image/avif",
        [".ico"] = "image/x-icon",
        [".woff"] = "font/woff",
        [".woff2"] = "font/woff2",
        [".ttf"] = "font/ttf",
        [".otf"] = "font/otf",
        [".wasm"] = "application/wasm",
        [".pdf"] = "application/pdf",
    };

    public static string ContentType(string path) => s_types.GetValueOrDefault(Path.GetExtension(path), "application/octet-stream");

    /// <summary>A content under a name of its own never changes; anything else is asked about each time.</summary>
    public static string CacheControl(string path) => HashedName.IsIn(path) ? "public, max-age=31536000, immutable" : "no-cache";

    /// <summary>The file that is fetched beside <c>index.html</c> to see whether a bundle is served: a hashed one, else the biggest script.</summary>
    public static ReleaseFile? Sample(ReleaseBundle bundle) =>
        bundle.Files.FirstOrDefault(file => HashedName.IsIn(file.Path))
        ?? bundle.Files.Where(file => file.Path != Index).MaxBy(file => (file.Path.EndsWith(".js", StringComparison.Ordinal), file.Size));
}
