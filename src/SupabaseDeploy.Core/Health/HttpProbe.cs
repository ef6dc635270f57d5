using System.Buffers;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Health;

/// <summary>Asks one HTTP endpoint once. Redirects are not followed: where one leads is not the endpoint that was asked about.</summary>
internal sealed class HttpProbe(HttpProbeSettings settings, Func<CancellationToken, Task<Uri?>> webUrl, TimeProvider time)
{
    /// <summary>As much of a body as is read: enough for a page, and a bound on what a broken endpoint can make us hold.</summary>
    public const int BodyLimit = 1024 * 1024;

    private static readonly TimeSpan s_matchLimit = TimeSpan.FromSeconds(1);

    // A new connection each time: a kept one would hide that the server takes no new ones.
    private static readonly HttpClient s_client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.Zero,
        Proxy = new ProxyOutsideThisMachine(),
    })
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
    };

    /// <summary>True when the URL is a path on the environment's own web root.</summary>
    public static bool IsOfWebRoot(HttpProbeSettings settings) => settings.Url.StartsWith('/');

    public async Task<Finding> CheckAsync(CancellationToken cancellationToken)
    {
        Uri url = await AddressAsync(cancellationToken).ConfigureAwait(false);
        string shown = Shown(url);
        long start = time.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.UserAgent.ParseAdd("supabase-deploy-health/1");
        request.Headers.CacheControl = new() { NoCache = true };
        HttpResponseMessage response;
        try
        {
            response = await s_client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            return Finding.Unanswered($"{shown} cannot be reached: {e.GetBaseException().Message}");
        }

        using (response)
        {
            if ((int)response.StatusCode != settings.Status)
            {
                return Finding.Failed($"{shown} answered {Status(response)}, expected {settings.Status}.");
            }

            string body = await ReadAsync(response, cancellationToken).ConfigureAwait(false);
            return Judge(shown, body, time.GetElapsedTime(start));
        }
    }

    private Finding Judge(string shown, string body, TimeSpan elapsed)
    {
        if (settings.BodyMatches is { } pattern && !Matches(body, pattern))
        {
            return Finding.Failed($"{shown} answered {settings.Status}, but its body does not match '{pattern}'.");
        }

        string answered = $"{shown} answered {settings.Status} in {Readable.Duration(elapsed)}";
        return settings.MaxLatency is { } limit && elapsed > limit
            ? Finding.Degraded($"{answered}, expected at most {Readable.Duration(limit)}.")
            : Finding.Healthy($"{answered}.");
    }

    private static bool Matches(string body, string pattern)
    {
        try
        {
            return Regex.IsMatch(body, pattern, RegexOptions.CultureInvariant, s_matchLimit);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new TimeoutException($"Matching the body with '{pattern}' took longer than {Readable.Duration(s_matchLimit)}: the expression backtracks too much.", e);
        }
    }

    private async Task<Uri> AddressAsync(CancellationToken cancellationToken)
    {
        if (!IsOfWebRoot(settings))
        {
            return new Uri(settings.Url, UriKind.Absolute);
        }

        Uri? root = await webUrl(cancellationToken).ConfigureAwait(false);
        return root is null
            ? throw new InvalidOperationException($"'{settings.Url}' is relative to the environment's web root, and no web root runs.")
            : new Uri(root, settings.Url.TrimStart('/')); // A web root may be a folder of a host.
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BodyLimit);
            try
            {
                int read = await stream.ReadAtLeastAsync(buffer.AsMemory(0, BodyLimit), BodyLimit, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                return Charset(response).GetString(buffer, 0, read);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static Encoding Charset(HttpResponseMessage response)
    {
        try
        {
            return Encoding.GetEncoding(response.Content.Headers.ContentType?.CharSet?.Trim('"') ?? "utf-8");
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8; // A charset nobody knows: the expression decides whether what is read is good enough.
        }
    }

    private static string Status(HttpResponseMessage response) => response.Headers.Location is { } location
        ? $"{(int)response.StatusCode} to '{(location.IsAbsoluteUri ? Shown(location) : location.OriginalString.Split('?')[0])}' (redirects are not followed)"
        : $"{(int)response.StatusCode}";

    // A query or user part may hold a key.
    private static string Shown(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    /// <summary>The proxy of the surroundings, but never for this machine: it could not reach our loopback address.</summary>
    private sealed class ProxyOutsideThisMachine : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => HttpClient.DefaultProxy.GetProxy(destination);

        public bool IsBypassed(Uri host) => host.IsLoopback || HttpClient.DefaultProxy.IsBypassed(host);
    }
}
