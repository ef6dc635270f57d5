using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>Sends requests to the Management API and makes errors of what is not an answer.</summary>
internal sealed class ApiConnection(ApiAccess access, TimeProvider time, IProgressSink? sink = null)
{
    // The platform bundles functions and runs queries within a request.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private static readonly HttpClient s_http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, // A redirect would be given the token.
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Sends a request and reads its whole answer.</summary>
    /// <param name="call">What is asked for.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DeployException">The answer was not one of success, or there was none.</exception>
    public async Task<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_limit * (1 + ApiRetries.Limit), time);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using HttpResponseMessage response = await ApiRetries.For(call.Operation, time, sink ?? NullProgressSink.Instance)
                .ExecuteAsync(async token => await OnceAsync(call, token).ConfigureAwait(false), limited.Token).ConfigureAwait(false);
            byte[] body = await response.Content.ReadAsByteArrayAsync(limited.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? new ApiAnswer(body, response.Content.Headers.ContentType?.ToString())
                : throw ApiFailure.Of(call, response, body, access, time);
        }
        catch (HttpRequestException e)
        {
            throw ApiFailure.Unreachable(call, access, e.GetBaseException().Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw ApiFailure.Unreachable(call, access, "there was no answer in time", e);
        }
    }

    /// <summary>Sends a request and reads its answer as JSON.</summary>
    public async Task<T> SendAsync<T>(ApiCall call, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await SendAsync(call, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(answer.Body, type) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new DeployException(
                ErrorTable.ApiAnswerInvalid,
                $"The Management API answered '{call.Operation}' with something else than its contract says: {e.Message}",
                "Look for a newer version of this module; the platform may have changed.",
                call.Operation.Id,
                e);
        }
    }

    private async Task<HttpResponseMessage> OnceAsync(ApiCall call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_limit, time);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var request = new HttpRequestMessage(call.Operation.Method, new Uri(access.BaseAddress, call.Address));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", access.Token.Reveal());
        request.Headers.UserAgent.ParseAdd("supabase-deploy/1");
        request.Headers.Accept.ParseAdd(call.Accept);
        request.Content = call.Content?.Invoke();
        return await s_http.SendAsync(request, HttpCompletionOption.ResponseContentRead, limited.Token).ConfigureAwait(false);
    }
}

/// <summary>One request.</summary>
/// <param name="Operation">What is asked for.</param>
/// <param name="Address">Path and query, filled in and escaped.</param>
/// <param name="Content">Makes the body, anew for each attempt; null for none.</param>
/// <param name="Accept">The media type wanted.</param>
internal sealed record ApiCall(ApiOperation Operation, string Address, Func<HttpContent>? Content = null, string Accept = "application/json")
{
    /// <summary>What of the body must not be shown, also where the platform repeats it.</summary>
    public IReadOnlyList<Secret> Secrets { get; init; } = [];
}

/// <summary>An answer of success.</summary>
/// <param name="Body">Its body.</param>
/// <param name="ContentType">The body's media type with its parameters; null when it has none.</param>
internal sealed record ApiAnswer(byte[] Body, string? ContentType);
