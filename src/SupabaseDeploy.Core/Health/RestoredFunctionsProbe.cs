using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Health;

/// <summary>
/// Whether the functions are those of the release whose database a restore has brought back: a restore leaves them as they are. Asked only as long as
/// nothing was deployed since.
/// </summary>
internal static class RestoredFunctionsProbe
{
    /// <summary>The release that was restored; null where the last deployment is none, or the place runs no functions.</summary>
    public static Release? FindRelease(IDeploymentTarget target, IReadOnlyList<Deployment> deployments) =>
        target.Functions is not null && Ledger.Current(deployments) is { HasReplacedDatabase: true, Release: { } release } ? release : null;

    public static async Task<Finding> CheckAsync(
        DeploymentEnvironment environment, IPlaceFunctions place, Release release, IReadOnlyList<Deployment> deployments, CancellationToken cancellationToken)
    {
        FunctionChange change = FunctionDelta.Of(release, await place.ListAsync(cancellationToken).ConfigureAwait(false), deployments);
        return change.IsEmpty
            ? Finding.Healthy($"All {release.Functions.Count} are of release {release}, as the database is since it was restored.")
            : Finding.Degraded(
                $"The database is that of release {release} since it was restored, and {string.Join(", ", change.Deploy.Concat(change.Remove))} is not. Bring the code: Restore-Deployment {environment}");
    }
}
