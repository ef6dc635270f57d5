using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>Looks at what a web host serves, past every cache that can be told so.</summary>
internal sealed class HostedSite(Uri address, TimeProvider time)
{
    private const int LargestFile = 64 * 1024 * 1024;

    private static readonly TimeSpan s_verifyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);

    private static readonly HttpClient s_http = new(new SocketsHttpHandler
    {
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
    })
    {
        Timeout = TimeSpan.FromSeconds(60),
        MaxResponseContentBufferSize = LargestFile,
    };

    public Uri Address => address;

    /// <summary>What the host says it serves; null where it says nothing.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.WebHostNotVerified"/>: it does not answer.</exception>
    public async Task<WebMarker?> ReadMarkerAsync(CancellationToken cancellationToken)
    {
        (byte[]? body, _) = await GetAsync(WebMarker.FileName, cancellationToken).ConfigureAwait(false);
        return body is null ? null : WebMarker.Parse(body);
    }

    /// <summary>Waits until the host serves this release's <c>index.html</c> and one more file of it, byte for byte.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.WebHostNotVerified"/>.</exception>
    public async Task VerifyAsync(Release release, IProgressSink sink, CancellationToken cancellationToken)
    {
        ReleaseFile[] files = [release.Web!.Files.Single(file => file.Path == WebAssets.Index), .. WebAssets.Sample(release.Web) is { } sample ? (ReleaseFile[])[sample] : []];
        long start = time.GetTimestamp();
        while (true)
        {
            string? wrong = await LookAsync(release.Id, files, sink, cancellationToken).ConfigureAwait(false);
            if (wrong is null)
            {
                return;
            }

            if (time.GetElapsedTime(start) > s_verifyLimit)
            {
                throw NotVerified($"it does not serve release '{release}' after {s_verifyLimit.TotalSeconds:0} s: {wrong}", null);
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the host says that it serves nothing.</summary>
    public async Task VerifyNothingAsync(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (await ReadMarkerAsync(cancellationToken).ConfigureAwait(false) is { Release: { } left })
        {
            if (time.GetElapsedTime(start) > s_verifyLimit)
            {
                throw NotVerified($"it still serves release '{left}'", null);
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A host that does not answer for a moment, as behind a cache that is being filled, is asked again like one that is behind.</summary>
    private async Task<string?> LookAsync(string release, ReleaseFile[] files, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            return await FindDifferenceAsync(release, files, sink, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e)
        {
            return e.Message.TrimEnd('.');
        }
    }

    private async Task<string?> FindDifferenceAsync(string release, ReleaseFile[] files, IProgressSink sink, CancellationToken cancellationToken)
    {
        if ((await ReadMarkerAsync(cancellationToken).ConfigureAwait(false))?.Release is var served && served != release)
        {
            return $"'{WebMarker.FileName}' names {served ?? "no release"}";
        }

        foreach (ReleaseFile file in files)
        {
            (byte[]? body, string? type) = await GetAsync(file.Path, cancellationToken).ConfigureAwait(false);
            if (body is null || Convert.ToHexStringLower(SHA256.HashData(body)) != file.Sha256)
            {
                return body is null ? $"'{file.Path}' is not there" : $"'{file.Path}' is another file";
            }

            if (file.Path == WebAssets.Index && type != "text/html")
            {
                sink.Publish(new Caution($"'{new Uri(address, file.Path)}' is served as '{type}', so that browsers show its text instead of the page. Serve it from a domain of your own."));
            }
        }

        return null;
    }

    private async Task<(byte[]? Body, string? Type)> GetAsync(string path, CancellationToken cancellationToken)
    {
        // Caches of hosts that do not honour no-cache tell addresses apart by their query.
        string unique = string.Create(CultureInfo.InvariantCulture, $"?supabase-deploy={time.GetUtcNow().Ticks}");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, string.Join('/', path.Split('/').Select(Uri.EscapeDataString)) + unique));
        request.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        try
        {
            using HttpResponseMessage answer = await s_http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => (await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false), answer.Content.Headers.ContentType?.MediaType),
                // The platform's storage answers 400 for what is not there.
                HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden => (null, null),
                _ => throw NotVerified($"it answers {(int)answer.StatusCode} for '{path}'", null),
            };
        }
        catch (HttpRequestException e)
        {
            throw NotVerified($"it cannot be reached: {e.GetBaseException().Message.TrimEnd('.')}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw NotVerified("it does not answer in time", e);
        }
    }

    private DeployException NotVerified(string why, Exception? inner) => new(
        ErrorTable.WebHostNotVerified,
        $"The web host '{address}' could not be verified: {why}.",
        "Check 'hosting' of the stage, and whether a cache in front of the host keeps old files; then run the command again.",
        address.ToString(),
        inner);
}
