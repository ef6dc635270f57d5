using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Health;

/// <summary>Runs probes of one environment: times them, limits them, and makes a failed check of whatever they throw.</summary>
internal sealed class Measurement(DeploymentEnvironment environment, TimeProvider time)
{
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
            finding = Finding.Failed(timeout.IsCancellationRequested ? $"No answer within {Readable.Duration(limit)}." : Reason(e));
        }

        return Check(check, finding, measuredAt, time.GetElapsedTime(start));
    }

    /// <summary>A check that could not be measured because something it stands on failed.</summary>
    public HealthCheck NotMeasured(string check, string why) => Check(check, Finding.Failed(why), time.GetUtcNow(), TimeSpan.Zero);

    private HealthCheck Check(string check, Finding finding, DateTimeOffset measuredAt, TimeSpan latency) => new()
    {
        Environment = environment,
        Check = check,
        Status = finding.Status,
        Latency = latency,
        Message = finding.Message,
        MeasuredAt = measuredAt,
        Overall = finding.Status,
    };

    private static string Reason(Exception e) => e switch
    {
        DeployException => e.Message,
        PostgresException refused => $"The server says: {refused.MessageText} ({refused.SqlState}).",
        NpgsqlException { InnerException: { } inner } => $"The connection broke: {inner.Message}",
        _ => e.Message,
    };
}
