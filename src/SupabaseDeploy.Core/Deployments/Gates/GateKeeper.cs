using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Works out every gate of a publish, passed or not.</summary>
internal sealed class GateKeeper(IDeploymentTargets targets, TimeProvider time, Actor actor)
{
    public async Task<IReadOnlyList<Gate>> EvaluateAsync(
        DeploymentEnvironment environment, Release release, ObservedState observed, bool rollForward, GateOverride? force, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        GateSettings settings = environment.Gates;
        var gates = new List<Gate> { NotLocked(environment, observed, rollForward) };
        if (environment.PromoteFrom is not null || settings.Evidence.Count > 0 || settings.Approvals > 0 || settings.DrillWithin is not null)
        {
            StageRecord own = await StageRecord.ReadAsync(environment, targets, cancellationToken).ConfigureAwait(false);
            StageRecord? before = await ReadBeforeAsync(environment, cancellationToken).ConfigureAwait(false);
            if (before is not null)
            {
                gates.Add(EvidenceGates.Healthy(before, release, settings.Evidence.FirstOrDefault(each => each.Kind == Evidence.Healthy), now));
            }

            string[] pending = [.. release.Migrations.Select(migration => migration.Version).Except(observed.History)];
            gates.AddRange(settings.Evidence.Where(each => each.Kind != Evidence.Healthy).DistinctBy(each => each.Kind)
                .Select(required => EvidenceGates.Has(required, release, before, own, pending, now)));
            AddSettled(gates, settings, environment, release, before, own, now);
        }

        gates.AddRange(settings.Freeze.Select(window => FreezeGate.Check(window, now)).OfType<Gate>());
        return force is null ? gates : [.. gates.Select(gate => force.ApplyTo(gate, actor))];
    }

    private void AddSettled(
        List<Gate> gates, GateSettings settings, DeploymentEnvironment environment, Release release, StageRecord? before, StageRecord own, DateTimeOffset now)
    {
        if (settings.Soak is { } soak && before is not null)
        {
            gates.Add(SoakGate.Check(soak, release, before, now));
        }

        if (settings.DrillWithin is { } within)
        {
            gates.Add(EvidenceGates.Drill(within, own, now));
        }

        if (settings.Approvals > 0)
        {
            gates.Add(ApprovalGate.Check(settings, environment, release.Id, own, actor.Name, now));
        }
    }

    private static Gate NotLocked(DeploymentEnvironment environment, ObservedState observed, bool rollForward) => observed.Lockout switch
    {
        null => new Gate("not locked", true, "No failed rollback waits for a person.", null),
        _ when rollForward => new Gate("not locked", true, $"{Locked(observed)} -RollForward publishes the repair.", null),
        { } lockout => new Gate("not locked", false, $"{Locked(observed)} See (Get-Deployment {environment} -Latest).Steps.", lockout),
    };

    private static string Locked(ObservedState observed) => $"Deployment {observed.Unsettled!.Number} failed and could not be rolled back.";

    private async Task<StageRecord?> ReadBeforeAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        if (environment.PromoteFrom is not { } name)
        {
            return null;
        }

        try
        {
            DeploymentEnvironment stage = DeploymentPipeline.Load(environment.Project).Resolve(name).Single();
            return await StageRecord.ReadAsync(stage, targets, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e)
        {
            return new StageRecord { Name = name, Unreadable = e };
        }
    }
}
