using System.Net.Http.Headers;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Gateway.Services;

/// <summary>Asks services for their health.</summary>
internal sealed class ServiceProbe : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    // No proxy: a machine's proxy settings do not concern its loopback address.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero });

    /// <summary>Null when the service is healthy; else what is wrong with its answer.</summary>
    public async Task<string?> AskAsync(PlannedService service, CancellationToken cancellationToken)
    {
        var uri = new Uri($"http://127.0.0.1:{service.HealthPort ?? service.Port}{service.HealthPath}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        try
        {
            using var question = new HttpRequestMessage(HttpMethod.Get, uri);
            question.Headers.Authorization = service.HealthToken is null ? null : new AuthenticationHeaderValue("Bearer", service.HealthToken);
            using HttpResponseMessage answer = await _http.SendAsync(question, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return service.HealthPath is null || (int)answer.StatusCode < 400 ? null : $"'{uri.PathAndQuery}' answers with status {(int)answer.StatusCode}";
        }
        catch (HttpRequestException e)
        {
            return $"'{uri}' does not answer: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"'{uri}' does not answer within {s_limit.TotalSeconds:0} s";
        }
    }

    public void Dispose() => _http.Dispose();
}
