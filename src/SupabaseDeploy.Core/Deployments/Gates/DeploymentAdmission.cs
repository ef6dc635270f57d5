using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Lets a plan through when its gates do; one that only waits for people is left pending, or waited for.</summary>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="time">The clock; the system's when null.</param>
/// <param name="actor">Who publishes; who runs this process when null.</param>
public sealed class DeploymentAdmission(IDeploymentTargets targets, TimeProvider? time = null, Actor? actor = null)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Approvals _approvals = new(targets, time, actor);
    private readonly DeploymentPlanner _planner = new(targets, time, actor);

    /// <summary>True when approvals are all that is missing: then <see cref="AdmitAsync"/> records that they are asked for.</summary>
    public static bool WaitsForPeople(DeploymentPlan plan) =>
        plan.Gates.Where(gate => !gate.LetsThrough).ToArray() is [{ IsPending: true, Kind: GateKind.Approvals }];

    /// <summary>
    /// The plan to execute. Where approvals are all that is missing, the ledger is told who asks for it; with <paramref name="waits"/> the
    /// plan is given once they are there, else a pending deployment.
    /// </summary>
    /// <param name="plan">A publish.</param>
    /// <param name="options">What the plan was made with.</param>
    /// <param name="waits">True to wait, as long as an approval would count.</param>
    /// <param name="sink">Told that it waits.</param>
    /// <param name="cancellationToken">Stops waiting. The request stays.</param>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.GateRefused"/>: something else is missing, or somebody said no; <see cref="ErrorTable.ApprovalNotGiven"/>: it waited, and nobody can
    /// approve it any more, because the request was withdrawn or is too old.
    /// </exception>
    public async Task<AdmittedPlan> AdmitAsync(
        DeploymentPlan plan, DeploymentOptions options, bool waits, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (!WaitsForPeople(plan))
        {
            plan.EnsureGatesPassed();
            return new AdmittedPlan(plan, null);
        }

        await _approvals.RequestAsync(plan, options.Reason, cancellationToken).ConfigureAwait(false);
        if (!waits)
        {
            return new AdmittedPlan(plan, Pending(plan));
        }

        await WaitForPeopleAsync(plan, sink, cancellationToken).ConfigureAwait(false);
        plan = await _planner.PlanPublishAgainAsync(plan.Environment, plan.Release!, options.RollForward, options.Force, cancellationToken).ConfigureAwait(false);
        if (WaitsForPeople(plan))
        {
            throw await NotGivenAsync(plan, cancellationToken).ConfigureAwait(false);
        }

        plan.EnsureGatesPassed();
        return new AdmittedPlan(plan, null);
    }

    /// <summary>
    /// Until the approvals are there, somebody says no, who asked withdraws it, or an approval would not count any more. Only the ledger is
    /// asked meanwhile: a plan looks at the whole environment.
    /// </summary>
    private async Task WaitForPeopleAsync(DeploymentPlan plan, IProgressSink sink, CancellationToken cancellationToken)
    {
        string activity = $"Publish {plan.Release} to {plan.Environment}";
        Gate gate = plan.Gates.First(each => each.IsPending);
        try
        {
            for (bool isOpen = true; isOpen && gate.IsPending;)
            {
                sink.Publish(new ActivityProgress(activity, gate.Message));
                await Task.Delay(s_interval, _time, cancellationToken).ConfigureAwait(false);
                StageRecord own = await StageRecord.ReadAsync(plan.Environment, targets, cancellationToken).ConfigureAwait(false);
                DateTimeOffset now = _time.GetUtcNow();
                GateSettings settings = plan.Environment.Gates;
                isOpen = ApprovalGate.Requester(own, settings, plan.Release!.Id, now) is not null;
                gate = ApprovalGate.Check(settings, plan.Environment, plan.Release.Id, own, _approvals.Actor.Name, now);
            }
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
        }
    }

    /// <summary>Nobody said no, and nobody can say yes any more: who asked took it back, or asked too long ago.</summary>
    private async Task<DeployException> NotGivenAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        StageRecord own = await StageRecord.ReadAsync(plan.Environment, targets, cancellationToken).ConfigureAwait(false);
        Evidence? last = own.Evidence.LastOrDefault(fact =>
            fact.Kind is Evidence.Request or Evidence.Approval && fact.ReleaseId == plan.Release!.Id && fact.EnvironmentName == own.Name);
        string why = last is { Kind: Evidence.Approval, IsPassed: false } denial
            ? $"{Approval.Of(denial, plan.Environment).By} withdrew the request"
            : $"the request is older than {Readable.Duration(plan.Environment.Gates.ApprovalsWithin)}, and nobody approved it";
        return new DeployException(
            ErrorTable.ApprovalNotGiven,
            $"Release '{plan.Release}' does not wait for approval on '{plan.Environment}' any more: {why}. Nothing was changed.",
            $"Ask again: Publish-Environment {plan.Environment} -Release {plan.Release}",
            plan.Release);
    }

    private Deployment Pending(DeploymentPlan plan)
    {
        DateTimeOffset now = Ledger.ToMicrosecond(_time.GetUtcNow());
        return new Deployment
        {
            Id = Guid.CreateVersion7(now),
            Environment = plan.Environment,
            Release = plan.Release,
            PreviousRelease = plan.PreviousRelease,
            Kind = plan.Kind,
            Status = DeploymentStatus.Pending,
            Reason = plan.Gates.First(gate => gate.IsPending).Message,
            RequestedBy = _approvals.Actor.ToString(),
            StartedAt = now,
            Plan = plan,
            Steps = [],
        };
    }
}

/// <summary>What came of asking the gates.</summary>
/// <param name="Plan">The plan to execute.</param>
/// <param name="Pending">The deployment that waits for people instead; null when the plan may be executed.</param>
public sealed record AdmittedPlan(DeploymentPlan Plan, Deployment? Pending);
