namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>The services of a project, as the platform reports on them.</summary>
internal sealed class CloudServices(ManagementApi api) : IPlaceServices
{
    // Without them an application works, though not all of it.
    private static readonly string[] s_optional = ["realtime", "pooler"];

    public async Task<IReadOnlyList<PlaceFact>> CheckAsync(CancellationToken cancellationToken) =>
        [.. (await api.GetHealthAsync(cancellationToken).ConfigureAwait(false)).Select(Judge)];

    private static PlaceFact Judge(ServiceHealth service) => service.Status switch
    {
        ServiceHealth.Active => new PlaceFact(service.Name, PlaceVerdict.Good, "The platform says that it is healthy."),
        ServiceHealth.ComingUp => new PlaceFact(service.Name, PlaceVerdict.Doubtful, "The platform says that it is coming up."),
        _ => new PlaceFact(
            service.Name,
            s_optional.Contains(service.Name) ? PlaceVerdict.Doubtful : PlaceVerdict.Bad,
            $"The platform says that it is unhealthy{(service.Error is { } error ? $": {error.TrimEnd('.')}" : "")}."),
    };
}
