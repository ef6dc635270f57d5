using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Records what people say to publishing a release.</summary>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="time">The clock; the system's when null.</param>
/// <param name="actor">Who says it; who runs this process when null.</param>
public sealed class Approvals(IDeploymentTargets targets, TimeProvider? time = null, Actor? actor = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Who says it.</summary>
    public Actor Actor { get; } = actor ?? Actor.OfThisProcess();

    /// <summary>
    /// The id of the release that a decision on <paramref name="environment"/> is about: the one that waits; where <paramref name="prefix"/>
    /// names one, that one, and null when it does not wait, so that it can be looked for elsewhere.
    /// </summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ApprovalRefused"/>: none or several wait, or the environment asks for no approvals.</exception>
    public async Task<string?> FindAsync(DeploymentEnvironment environment, string? prefix, CancellationToken cancellationToken)
    {
        if (environment.Gates.Approvals == 0)
        {
            throw Refused(environment, $"Environment '{environment}' asks for no approvals.", "Set 'approvals' in the stage's gates in env/pipeline.yml, or just publish.");
        }

        IReadOnlyList<ApprovalRequest> open = ApprovalRequest.Open(
            await ReadAsync(environment, cancellationToken).ConfigureAwait(false), environment.Gates.ApprovalsWithin, _time.GetUtcNow());
        if (prefix is not null)
        {
            ApprovalRequest[] named = [.. open.Where(request => request.ReleaseId.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))];
            return named is [{ } request] ? request.ReleaseId : null;
        }

        return open switch
        {
            [{ } only] => only.ReleaseId,
            [] => throw Refused(environment, $"No release waits for approval on '{environment}'.", $"Name the release with -Release, or publish it first: Publish-Environment {environment}"),
            _ => throw Refused(
                environment,
                $"{open.Count} releases wait for approval on '{environment}': {string.Join(", ", open.Select(request => $"{request.ReleaseId[..12]} (asked for by {request.By})"))}.",
                "Name one with -Release."),
        };
    }

    /// <summary>Records a yes or a no. The last word of each person counts; who asked withdraws the request with a no.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ApprovalRefused"/>: nobody approves what they asked for themselves.</exception>
    public async Task<Approval> DecideAsync(
        DeploymentEnvironment environment, string releaseId, bool isApproved, string? reason, CancellationToken cancellationToken)
    {
        StageRecord own = await ReadAsync(environment, cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = _time.GetUtcNow();
        string? requester = ApprovalGate.Requester(own, environment.Gates, releaseId, now);
        if (isApproved && Actor.IsSameAs(requester))
        {
            throw Refused(
                environment,
                $"'{Actor}' asked for release '{releaseId[..12]}' on '{environment}' and cannot approve it.",
                "Ask somebody else to run Approve-Deployment.");
        }

        var approval = new Approval
        {
            Environment = environment,
            ReleaseId = releaseId,
            IsApproved = isApproved,
            By = Actor.Name,
            Source = Actor.Source,
            Requester = requester,
            Reason = reason,
            DecidedAt = now,
            ExpiresAt = isApproved ? now + environment.Gates.ApprovalsWithin : null,
        };
        await LedgerOf(environment, await DatabaseAsync(environment, cancellationToken).ConfigureAwait(false))
            .RecordEvidenceAsync(approval.ToEvidence(), now, cancellationToken).ConfigureAwait(false);
        if (Actor.IsSameAs(requester))
        {
            return approval with { Message = $"Withdrawn: release '{releaseId[..12]}' does not wait for approval on '{environment}' any more." };
        }

        Gate gate = ApprovalGate.Check(
            environment.Gates, environment, releaseId, await ReadAsync(environment, cancellationToken).ConfigureAwait(false), requester ?? "the one who publishes it", now);
        return approval with { Message = gate.IsPassed ? $"{gate.Message} Go on: Publish-Environment {environment} -Release {releaseId[..12]}" : gate.Message };
    }

    /// <summary>Records that a release waits for approval; once, until a deployment answers it.</summary>
    internal async Task RequestAsync(DeploymentPlan plan, string? reason, CancellationToken cancellationToken)
    {
        StageRecord own = await ReadAsync(plan.Environment, cancellationToken).ConfigureAwait(false);
        if (ApprovalGate.Requester(own, plan.Environment.Gates, plan.Release!.Id, _time.GetUtcNow()) is not null)
        {
            return;
        }

        string content = EvidenceContent.Of(
            $"Asked for by {Actor}{(reason is null ? "" : $": {reason}")}", ("by", Actor.Name), ("reason", reason), ("source", Actor.Source));
        await LedgerOf(plan.Environment, await DatabaseAsync(plan.Environment, cancellationToken).ConfigureAwait(false))
            .RecordEvidenceAsync(new NewEvidence(Evidence.Request, plan.Release, false, content), _time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
    }

    private async Task<StageRecord> ReadAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        StageRecord own = await StageRecord.ReadAsync(environment, targets, cancellationToken).ConfigureAwait(false);
        return own.Unreadable is { } why ? throw why : own;
    }

    private Task<Postgres.DatabaseAddress> DatabaseAsync(DeploymentEnvironment environment, CancellationToken cancellationToken) =>
        targets.For(environment).GetDatabaseAsync(cancellationToken);

    private static Ledger LedgerOf(DeploymentEnvironment environment, Postgres.DatabaseAddress database) => new(environment, database);

    private static DeployException Refused(DeploymentEnvironment environment, string message, string remedy) =>
        new(ErrorTable.ApprovalRefused, message, remedy, environment);
}
