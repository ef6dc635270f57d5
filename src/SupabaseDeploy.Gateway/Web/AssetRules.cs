using Microsoft.AspNetCore.StaticFiles;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Gateway.Web;

/// <summary>What a file's name says about how it is served.</summary>
internal static class AssetRules
{
    /// <summary>A content under a name of its own never changes.</summary>
    public const string Immutable = "public, max-age=31536000, immutable";

    /// <summary>May be kept, but its ETag is asked about before it is used.</summary>
    public const string Revalidate = "no-cache";

    private static readonly FileExtensionContentTypeProvider s_contentTypes = new(new FileExtensionContentTypeProvider().Mappings)
    {
        Mappings =
        {
            [".js"] = "text/javascript",
            [".mjs"] = "text/javascript",
            [".map"] = "application/json",
            [".avif"] = "image/avif",
            [".webmanifest"] = "application/manifest+json",
        },
    };

    public static string CacheControl(string urlPath) => HashedName.IsIn(urlPath) ? Immutable : Revalidate;

    public static string ContentType(string urlPath)
    {
        if (!s_contentTypes.TryGetContentType(urlPath, out string? type))
        {
            return "application/octet-stream";
        }

        return type.StartsWith("text/", StringComparison.Ordinal) || type is "application/json" or "application/manifest+json"
            ? type + "; charset=utf-8"
            : type;
    }

    /// <summary>A path whose last part has an extension names an asset; any other is a route of the application.</summary>
    public static bool NamesAsset(string urlPath) => urlPath.AsSpan(urlPath.LastIndexOf('/') + 1).Contains('.');
}
