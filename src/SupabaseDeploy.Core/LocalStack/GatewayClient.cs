using System.Text.Json;

namespace SupabaseDeploy.LocalStack;

/// <summary>Asks running gateways.</summary>
internal static class GatewayClient
{
    // Long, so that a busy machine is not taken for a broken gateway: whether its process lives is known without asking it.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    // No proxy: a machine's proxy settings do not concern its loopback address. No pool: a stopped gateway leaves nothing behind.
    private static readonly HttpClient s_http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });

    /// <summary>Base URL of the gateway on a port.</summary>
    public static Uri Url(int port) => new($"http://127.0.0.1:{port}/");

    /// <summary>SHA-256 of the file that names the functions which the gateway's service <c>functions</c> serves; null when it serves the project's own folder.</summary>
    /// <exception cref="HttpRequestException">It does not answer.</exception>
    public static async Task<string?> GetPublishedFunctionsAsync(int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        byte[] answer = await s_http.GetByteArrayAsync(new Uri(Url(port), "functions/v1/_internal/health"), limit.Token).ConfigureAwait(false);
        using JsonDocument document = JsonDocument.Parse(answer);
        return document.RootElement.GetProperty("published").GetString();
    }

    /// <summary>What the gateway on a port answers; null when none does in time.</summary>
    public static async Task<GatewayHealth?> GetHealthAsync(int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        try
        {
            byte[] answer = await s_http.GetByteArrayAsync(new Uri(Url(port), GatewayHealth.Path), limit.Token).ConfigureAwait(false);
            return GatewayHealth.Parse(answer);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
