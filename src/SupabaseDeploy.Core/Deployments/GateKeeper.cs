using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Works out every gate of a publish, passed or not.</summary>
internal sealed class GateKeeper(IDeploymentTargets targets)
{
    public async Task<IReadOnlyList<Gate>> EvaluateAsync(
        DeploymentEnvironment environment, Release release, ObservedState observed, bool rollForward, CancellationToken cancellationToken)
    {
        var gates = new List<Gate> { NotLocked(environment, observed, rollForward) };
        string[] kinds = environment.PromoteFrom is null
            ? [.. environment.Gates.Evidence.Distinct()]
            : [.. environment.Gates.Evidence.Prepend(Evidence.Healthy).Distinct()];
        if (kinds.Length == 0)
        {
            return gates;
        }

        StageEvidence stage = await ReadEvidenceAsync(environment, cancellationToken).ConfigureAwait(false);
        gates.AddRange(kinds.Select(kind => Has(kind, release, stage)));
        return gates;
    }

    private static Gate NotLocked(DeploymentEnvironment environment, ObservedState observed, bool rollForward) => observed.Lockout switch
    {
        null => new Gate("not locked", true, "No failed rollback waits for a person.", null),
        _ when rollForward => new Gate("not locked", true, $"{Locked(observed)} -RollForward publishes the repair.", null),
        { } lockout => new Gate("not locked", false, $"{Locked(observed)} See (Get-Deployment {environment} -Latest).Steps.", lockout),
    };

    private static string Locked(ObservedState observed) => $"Deployment {observed.Unsettled!.Number} failed and could not be rolled back.";

    private static Gate Has(string kind, Release release, StageEvidence stage)
    {
        string name = $"{kind} on {stage.Name}";
        if (stage.Unreadable is { } why)
        {
            return new Gate(name, false, why.Message, why.Remedy);
        }

        // A stage whose database was made from another one's backup holds that one's evidence too.
        Evidence? last = stage.Evidence.LastOrDefault(fact => fact.Kind == kind && fact.ReleaseId == release.Id && fact.EnvironmentName == stage.Name);
        return last switch
        {
            { IsPassed: true } => new Gate(name, true, $"Recorded {last.RecordedAt:yyyy-MM-dd HH:mm:ss}Z.", null),
            { } => new Gate(name, false, $"The last one, of {last.RecordedAt:yyyy-MM-dd HH:mm:ss}Z, speaks against it: {last.Content}", Command(kind, release, stage.Name)),
            null => new Gate(name, false, $"Release {release} has no evidence '{kind}' there.", Command(kind, release, stage.Name)),
        };
    }

    private static string Command(string kind, Release release, string stage) => kind switch
    {
        Evidence.Healthy => $"Publish it there first: Publish-Environment {stage} -Release {release}",
        "drill" => $"Prove a backup first: Get-DeploymentBackup {stage} -Latest | Test-DeploymentBackup",
        _ => $"Remove '{kind}' from gates.evidence in env/pipeline.yml: no command of this version makes it.",
    };

    /// <summary>Evidence is where the release was before: on the stage it is promoted from, else on the environment itself.</summary>
    private async Task<StageEvidence> ReadEvidenceAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        string name = environment.PromoteFrom ?? environment.Name;
        try
        {
            DeploymentEnvironment stage = environment.PromoteFrom is null
                ? environment
                : DeploymentPipeline.Load(environment.Project).Resolve(environment.PromoteFrom).Single();
            var ledger = new Ledger(stage, await targets.For(stage).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
            return new StageEvidence(name, await ledger.GetEvidenceAsync(cancellationToken).ConfigureAwait(false), null);
        }
        catch (DeployException e)
        {
            return new StageEvidence(name, [], e);
        }
    }

    private sealed record StageEvidence(string Name, IReadOnlyList<Evidence> Evidence, DeployException? Unreadable);
}
