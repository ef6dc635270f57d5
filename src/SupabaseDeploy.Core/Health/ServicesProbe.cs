using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Health;

/// <summary>Asks a place that reports on its own services, as the hosted platform does.</summary>
internal static class ServicesProbe
{
    public const string CheckName = "platform";

    /// <summary>One check a service; one for all where the place did not answer; none where it reports nothing.</summary>
    public static async Task<HealthCheck[]> CheckAsync(Measurement measurement, Func<IDeploymentTarget> target, CancellationToken cancellationToken)
    {
        IReadOnlyList<PlaceFact>? services = null;
        HealthCheck asked = await measurement.MeasureAsync(
            CheckName,
            async token =>
            {
                services = target().Services is { } place ? await place.CheckAsync(token).ConfigureAwait(false) : [];
                return Finding.Healthy("");
            },
            cancellationToken).ConfigureAwait(false);
        return services is null ? [asked] : [.. services.Select(service => From(asked, service))];
    }

    private static HealthCheck From(HealthCheck asked, PlaceFact service)
    {
        HealthStatus status = service.Verdict switch
        {
            PlaceVerdict.Good => HealthStatus.Healthy,
            PlaceVerdict.Doubtful => HealthStatus.Degraded,
            _ => HealthStatus.Failed,
        };
        return asked with { Check = $"{CheckName} {service.Name}", Status = status, Overall = status, Message = service.Message };
    }
}
