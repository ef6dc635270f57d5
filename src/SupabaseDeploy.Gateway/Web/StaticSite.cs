using System.Net;
using Microsoft.Net.Http.Headers;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Gateway.Web;

/// <summary>Answers requests with the files of the served release.</summary>
internal sealed class StaticSite(WebRoot root, string environment)
{
    /// <summary>The header that says which release an answer is from.</summary>
    public const string ReleaseHeader = "SupabaseDeploy-Release";

    private const string Index = "/index.html";
    private const int MaximumAttempts = 3;

    public async Task ServeAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        // A release that was replaced may be removed between looking it up and opening its file: the pointer is then asked again.
        for (int attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            if (root.CurrentId() is not { } id)
            {
                await WriteUnavailableAsync(context, $"Environment '{environment}' has no release yet. Publish one with: New-Release | Publish-Environment {environment}");
                return;
            }

            if (await TryServeAsync(context, id))
            {
                return;
            }
        }

        await WriteUnavailableAsync(context, $"The release that environment '{environment}' is to serve is not whole on disk. Publish it again.");
    }

    private async Task<bool> TryServeAsync(HttpContext context, string currentId)
    {
        if (root.Find(currentId) is not { } current)
        {
            return false;
        }

        string path = context.Request.Path.Value is { Length: > 0 } value ? value : "/";
        if (Locate(current, path) is not var (release, urlPath, file))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return true;
        }

        try
        {
            IReadOnlyList<(string Encoding, string File)> kinds = Precompressed.Of(release, urlPath);
            (string Encoding, string File)? chosen = Precompressed.Choose(kinds, context.Request);
            string sent = chosen?.File ?? file;
            string digest = await release.DigestAsync(sent);
            FileStream content = ReleaseFileStream.Open(sent);
            context.Response.Headers.ContentEncoding = chosen?.Encoding;
            context.Response.Headers.Vary = kinds.Count > 0 ? HeaderNames.AcceptEncoding : default;
            context.Response.Headers.CacheControl = AssetRules.CacheControl(urlPath);
            context.Response.Headers[ReleaseHeader] = release.Id;
            await TypedResults.Stream(
                content,
                AssetRules.ContentType(urlPath),
                entityTag: new EntityTagHeaderValue($"\"{digest}\""),
                enableRangeProcessing: true).ExecuteAsync(context);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && !context.Response.HasStarted)
        {
            return false;
        }
    }

    /// <summary>The file itself, the folder's page, the application's page for a route, or an asset of a page from before the last switch.</summary>
    private (ServedRelease Release, string UrlPath, string File)? Locate(ServedRelease current, string path)
    {
        string exact = path.EndsWith('/') ? path + "index.html" : path;
        if (current.Find(exact) is { } file)
        {
            return (current, exact, file);
        }

        if (!AssetRules.NamesAsset(path))
        {
            return current.Find(Index) is { } page ? (current, Index, page) : null;
        }

        return HashedName.IsIn(path)
            ? root.KeptBeside(current.Id)
                .Select(release => (release, path, File: release.Find(path)!))
                .Where(found => found.File is not null)
                .Select(found => ((ServedRelease, string, string)?)found)
                .FirstOrDefault()
            : null;
    }

    private static Task WriteUnavailableAsync(HttpContext context, string message)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.RetryAfter = "5";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.WriteAsync($"<!doctype html><meta charset=\"utf-8\"><title>Not available</title><p>{WebUtility.HtmlEncode(message)}</p>\n", context.RequestAborted);
    }
}
