namespace SupabaseDeploy.Targets;

/// <summary>The services of a place, as the place itself reports on them.</summary>
public interface IPlaceServices
{
    /// <summary>Every service that is reported on.</summary>
    /// <exception cref="Errors.DeployException">The place did not answer.</exception>
    Task<IReadOnlyList<PlaceFact>> CheckAsync(CancellationToken cancellationToken);
}
