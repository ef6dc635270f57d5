using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Polly;
using Polly.Retry;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>
/// When a request is made again, and after how long. A request that was let through by nobody (429, no connection) is always made again,
/// one that may have been carried out only when doing it twice is as good as once.
/// </summary>
internal static class ApiRetries
{
    /// <summary>How often a request is made again.</summary>
    public const int Limit = 4;

    // The platform's window is a minute (https://supabase.com/docs/reference/api/introduction): what asks for much more is not a rate limit.
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_longestBackoff = TimeSpan.FromSeconds(20);

    /// <summary>The way through which requests of one operation go.</summary>
    public static ResiliencePipeline<HttpResponseMessage> For(ApiOperation operation, TimeProvider time, IProgressSink sink) =>
        new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = Limit,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromSeconds(1),
                MaxDelay = s_longestBackoff,
                ShouldHandle = arguments => ValueTask.FromResult(IsWorthRepeating(operation, arguments.Outcome, time)),
                DelayGenerator = arguments => ValueTask.FromResult(arguments.Outcome.Result is { } answer ? AskedWait(answer, time) : null),
                OnRetry = arguments =>
                {
                    sink.Publish(new Detail(
                        $"{operation}: {Reason(arguments.Outcome)}; asking again in {arguments.RetryDelay.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s."));
                    arguments.Outcome.Result?.Dispose();
                    return default;
                },
            })
            .Build();

    /// <summary>How long an answer asks to wait: <c>Retry-After</c> (seconds or a date), else <c>X-RateLimit-Reset</c> (seconds left); null when it does not say.</summary>
    public static TimeSpan? AskedWait(HttpResponseMessage answer, TimeProvider time)
    {
        RetryConditionHeaderValue? after = answer.Headers.RetryAfter;
        TimeSpan? asked = after?.Delta ?? (after?.Date is { } date ? date - time.GetUtcNow() : null);
        if (asked is null
            && answer.StatusCode == HttpStatusCode.TooManyRequests
            && answer.Headers.TryGetValues("X-RateLimit-Reset", out IEnumerable<string>? values)
            && double.TryParse(values.First(), NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && !double.IsNaN(seconds))
        {
            asked = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, TimeSpan.FromDays(1).TotalSeconds));
        }

        return asked < TimeSpan.Zero ? TimeSpan.Zero : asked;
    }

    private static bool IsWorthRepeating(ApiOperation operation, Outcome<HttpResponseMessage> outcome, TimeProvider time) => outcome switch
    {
        { Exception: HttpRequestException e } => operation.IsRepeatable ? !IsHopeless(e) : IsNeverSent(e),
        { Exception: not null } => false,
        { Result: { } answer } when AskedWait(answer, time) > LongestWait => false,
        { Result.StatusCode: HttpStatusCode.TooManyRequests } => true,
        { Result.StatusCode: >= HttpStatusCode.InternalServerError and not HttpStatusCode.NotImplemented } => operation.IsRepeatable,
        _ => false,
    };

    private static bool IsHopeless(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError;

    private static bool IsNeverSent(HttpRequestException e) =>
        e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };

    private static string Reason(Outcome<HttpResponseMessage> outcome) =>
        outcome.Result is { } answer ? $"the answer was {(int)answer.StatusCode}" : outcome.Exception!.GetBaseException().Message;
}
