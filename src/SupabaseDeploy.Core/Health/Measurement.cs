using System.Net.Sockets;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Health;

/// <summary>Runs probes of one environment: times them, limits them, and makes a failed check of whatever they throw.</summary>
internal sealed class Measurement(DeploymentEnvironment environment, TimeProvider time)
{
    // The platform refuses us, and says nothing of the application.
    private static readonly ErrorCode[] s_refusals =
        [ErrorTable.ApiTokenRefused, ErrorTable.ApiForbidden, ErrorTable.ApiPlanLimit, ErrorTable.ApiRateLimited, ErrorTable.ApiUnavailable];

    /// <summary>Runs one probe. Only the caller's own cancellation leaves as an exception.</summary>
    public async Task<HealthCheck> MeasureAsync(string check, Func<CancellationToken, Task<Finding>> probe, CancellationToken cancellationToken)
    {
        TimeSpan limit = environment.Health.Timeout;
        using var timeout = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        DateTimeOffset measuredAt = time.GetUtcNow();
        long start = time.GetTimestamp();
        Finding finding;
        try
        {
            finding = await probe(linked.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            finding = timeout.IsCancellationRequested ? Finding.Unanswered($"No answer within {Readable.Duration(limit)}.")
                : IsAnswer(e) ? Finding.Failed(Reason(e))
                : Finding.Unanswered(Reason(e));
        }

        return Check(check, finding, measuredAt, time.GetElapsedTime(start));
    }

    /// <summary>A check that could not be measured because something it stands on failed.</summary>
    public HealthCheck NotMeasured(string check, string why) => Check(check, Finding.Unanswered(why), time.GetUtcNow(), TimeSpan.Zero);

    /// <summary>A check of something that is known not to be there.</summary>
    public HealthCheck Missing(string check, string why) => Check(check, Finding.Failed(why), time.GetUtcNow(), TimeSpan.Zero);

    private HealthCheck Check(string check, Finding finding, DateTimeOffset measuredAt, TimeSpan latency) => new()
    {
        Environment = environment,
        Check = check,
        Status = finding.Status,
        Latency = latency,
        Message = finding.Message,
        MeasuredAt = measuredAt,
        IsAnswered = finding.IsAnswered,
        Overall = finding.Status,
    };

    /// <summary>False when nobody spoke of the application: a connection that is not made or breaks, a name that is not found, a platform that refuses us. A place that says it is stopped has spoken.</summary>
    private static bool IsAnswer(Exception e) => e switch
    {
        PostgresException => true,
        DeployException { Code: var code } when s_refusals.Contains(code) => false,
        DeployException { InnerException: { } inner } => IsAnswer(inner),
        NpgsqlException or IOException or SocketException or HttpRequestException or TimeoutException => false,
        _ => true,
    };

    private static string Reason(Exception e) => e switch
    {
        DeployException => e.Message,
        PostgresException refused => $"The server says: {refused.MessageText} ({refused.SqlState}).",
        NpgsqlException { InnerException: { } inner } => $"The connection broke: {inner.Message}",
        _ => e.Message,
    };
}
