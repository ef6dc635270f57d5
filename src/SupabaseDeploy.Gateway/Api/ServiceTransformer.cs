using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using SupabaseDeploy.LocalStack;
using Yarp.ReverseProxy.Forwarder;

namespace SupabaseDeploy.Gateway.Api;

/// <summary>What a request that is being forwarded belongs to.</summary>
/// <param name="Route">How it is led to its service.</param>
/// <param name="Token">The JWT that the request's API key stands for; null when it has none.</param>
internal sealed record ServiceRequest(ServiceRoute Route, string? Token);

/// <summary>Turns a request to the gateway into one to a service: its own path, and tokens in place of keys.</summary>
internal sealed class ServiceTransformer : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        (ServiceRoute route, string? known) = httpContext.Features.Get<ServiceRequest>()!;
        _ = httpContext.Request.Path.StartsWithSegments(route.Path, out PathString rest);
        string prefix = route.OwnPaths.Any(own => rest.StartsWithSegments(own)) ? "" : route.RoutedAs;
        QueryString query = Query(httpContext.Request, known);
        proxyRequest.RequestUri = AsSent(httpContext, route) is { } sent
            ? new Uri(destinationPrefix + prefix + sent + query.ToUriComponent())
            : RequestUtilities.MakeDestinationAddress(destinationPrefix, prefix + (rest.HasValue || prefix is not "" ? rest : "/"), query);
        proxyRequest.Headers.Host = route.Host ?? proxyRequest.Headers.Host;
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-For", httpContext.Connection.RemoteIpAddress?.ToString());
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Host", httpContext.Request.Host.Value);
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Proto", httpContext.Request.Scheme);
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Prefix", route.Path);
        foreach ((string name, string value) in route.Headers.Where(header => !httpContext.Request.Headers.ContainsKey(header.Key)))
        {
            proxyRequest.Headers.TryAddWithoutValidation(name, value);
        }

        if (known is { } token)
        {
            Identify(httpContext.Request, proxyRequest.Headers, token);
        }
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        // A service that answers CORS itself decides.
        if (proxyResponse?.Headers.Contains("Access-Control-Allow-Origin") == true)
        {
            httpContext.Response.Headers.Remove("Access-Control-Allow-Origin");
        }

        return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
    }

    /// <summary>
    /// What follows the route's path, as the client wrote it, where decoding and encoding it again would change it: an escaped slash or per
    /// cent sign. Null otherwise, and for a path that the server has normalised: access was decided by what that gave.
    /// </summary>
    private static string? AsSent(HttpContext context, ServiceRoute route)
    {
        string path = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?', 2)[0];
        bool isChangedByDecoding = path.Contains("%2F", StringComparison.OrdinalIgnoreCase) || path.Contains("%25", StringComparison.Ordinal);
        bool isNormalised = path.Contains("/.", StringComparison.Ordinal) || path.Contains("%2E", StringComparison.OrdinalIgnoreCase);
        return isChangedByDecoding && !isNormalised && path.StartsWith(route.Path + "/", StringComparison.OrdinalIgnoreCase) ? path[route.Path.Length..] : null;
    }

    /// <summary>A WebSocket of a browser has its key in the query, where the service looks for a token.</summary>
    private static QueryString Query(HttpRequest request, string? token) =>
        token is not null && request.Query.ContainsKey("apikey")
            ? QueryString.Create([.. request.Query.Where(value => value.Key != "apikey"), new("apikey", token)])
            : request.QueryString;

    /// <summary>
    /// The key becomes the token it stands for. What else the caller identifies itself with stays, of whatever kind, as in the CLI's gateway
    /// (<c>kong.yml</c>: anything but <c>Bearer sb_…</c>, which older clients send); the service decides what it is worth.
    /// </summary>
    private static void Identify(HttpRequest request, HttpRequestHeaders headers, string token)
    {
        headers.Remove("apikey");
        headers.TryAddWithoutValidation("apikey", token);
        bool hasKeyOnly = ApiKeys.BearerOf(request) is { } bearer && (bearer == ApiKeys.Of(request) || bearer.StartsWith("sb_", StringComparison.Ordinal));
        if (hasKeyOnly || string.IsNullOrEmpty(request.Headers.Authorization))
        {
            headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }
}
