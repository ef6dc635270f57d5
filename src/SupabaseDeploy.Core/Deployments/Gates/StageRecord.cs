using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>What the ledger of one environment says, as far as gates ask it.</summary>
internal sealed record StageRecord
{
    /// <summary>The environment's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its evidence, oldest first.</summary>
    public IReadOnlyList<Evidence> Evidence { get; init; } = [];

    /// <summary>Its deployments, oldest first.</summary>
    public IReadOnlyList<Deployment> Deployments { get; init; } = [];

    /// <summary>Why it could not be read; null when it could.</summary>
    public DeployException? Unreadable { get; init; }

    public static async Task<StageRecord> ReadAsync(DeploymentEnvironment environment, IDeploymentTargets targets, CancellationToken cancellationToken)
    {
        try
        {
            var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
            return new StageRecord
            {
                Name = environment.Name,
                Evidence = await ledger.GetEvidenceAsync(cancellationToken).ConfigureAwait(false),
                Deployments = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false),
            };
        }
        catch (DeployException e)
        {
            return new StageRecord { Name = environment.Name, Unreadable = e };
        }
    }

    /// <summary>
    /// The last evidence of a kind for a release that was found here; null when there is none. A stage whose database was made from
    /// another one's backup holds that one's evidence too, which does not count.
    /// </summary>
    public Evidence? Last(string kind, string releaseId) => Of(kind, releaseId).LastOrDefault();

    /// <summary>How healthy a release was found here, oldest first.</summary>
    public IEnumerable<Evidence> Healths(string releaseId) => Of(global::SupabaseDeploy.Deployments.Evidence.Healthy, releaseId);

    /// <summary>True when this is the release that runs here, as far as that is known.</summary>
    public bool Runs(Release release) => Ledger.Running(Deployments)?.Release?.Id == release.Id;

    /// <summary>True when a deployment was made here, not on the stage whose backup this one's database was made from, and ended healthy.</summary>
    public bool WasHealthy(Deployment deployment) => Evidence.Any(fact =>
        fact.Kind == global::SupabaseDeploy.Deployments.Evidence.Healthy && fact.IsPassed && fact.DeploymentId == deployment.Id && fact.EnvironmentName == Name);

    private IEnumerable<Evidence> Of(string kind, string releaseId) =>
        Evidence.Where(fact => fact.Kind == kind && fact.ReleaseId == releaseId && fact.EnvironmentName == Name);
}
