using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Records how healthy the release is that an environment runs, as evidence that gates read.</summary>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class HealthRecorder(IDeploymentTargets targets, TimeProvider? time = null)
{
    /// <summary>
    /// Records one measurement: Healthy speaks for the release, Degraded and Failed against it. Nothing is recorded, and the sink is told why, where
    /// nothing is known, or where what was measured may not be what runs.
    /// </summary>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.InvalidValue"/>: nothing was published there; <see cref="ErrorTable.ClocksDiffer"/>; or the ledger cannot be written.
    /// </exception>
    public async Task<Evidence?> RecordAsync(DeploymentHealth health, IProgressSink sink, CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = health.Environment;
        if (health.Verdict == HealthVerdict.Inconclusive)
        {
            sink.Publish(new Caution($"The health of '{environment}' is not known, so nothing is recorded. {HealthGate.Describe(health)}"));
            return null;
        }

        var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
        IReadOnlyList<Deployment> deployments = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        Release current = Ledger.Current(deployments)?.Release ?? throw new DeployException(
            ErrorTable.InvalidValue,
            $"Environment '{environment}' runs no release whose health could be recorded.",
            $"Publish one to it: Publish-Environment {environment}",
            environment);
        if (Ledger.Running(deployments) is null || health.ReleaseId != current.Id)
        {
            sink.Publish(new Caution($"{Ledger.Unsettled(deployments) ?? deployments[^1]} is under way or was left unfinished while '{environment}' was measured, so nothing is recorded."));
            return null;
        }

        NewEvidence facts = HealthGate.ToEvidence(current, new HealthSeries(Wanted: 1).With(health, HealthStatus.Healthy));
        Evidence recorded = await ledger.RecordEvidenceAsync(facts, (time ?? TimeProvider.System).GetUtcNow(), cancellationToken).ConfigureAwait(false);
        sink.Publish(new Notice($"Recorded: release '{current}' is {(recorded.IsPassed ? "healthy" : "not healthy")} on '{environment}'."));
        return recorded;
    }
}
