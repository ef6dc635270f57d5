using System.Runtime.CompilerServices;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Executes plans: under the deployment lock, each step recorded, and back to where it was when the environment is not healthy afterwards.
/// </summary>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="backup">Takes the backups that <c>backup.before</c> asks for.</param>
/// <param name="time">The clock; the system's when null.</param>
/// <param name="actor">Who asks; who runs this process when null.</param>
public sealed class DeploymentPublisher(IDeploymentTargets targets, BackupBefore backup, TimeProvider? time = null, Actor? actor = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly EnvironmentObserver _observer = new(targets);
    private readonly DeploymentPlanner _planner = new(targets, time, actor);

    /// <summary>This machine's clock, which has to agree with the servers'.</summary>
    internal TimeProvider Machine { get; init; } = TimeProvider.System;

    /// <summary>Executes <paramref name="plan"/>. Whatever way it ends, the deployment that is returned says so.</summary>
    /// <exception cref="DeployException">
    /// The lock is held by somebody else, a gate is not passed, or the environment changed since a rollback was planned: nothing was done.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped; the ledger says so, and the next deployment takes over.</exception>
    public async Task<Deployment> ExecuteAsync(DeploymentPlan plan, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (plan.Way is { ReplacesDatabase: true } way)
        {
            throw new DeployException(
                ErrorTable.RestoreFailed,
                $"Environment '{plan.Environment}' cannot be brought to release '{plan.Release}' without replacing its database once more, by '{way.BackupId ?? way.RestorePoint}'.",
                $"Look at every way back: (Restore-Deployment {plan.Environment} -Release {plan.Release} -WhatIf).Ways",
                plan);
        }

        IDeploymentTarget target = targets.For(plan.Environment);
        DatabaseAddress database = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        var run = new DeploymentRun(new Ledger(plan.Environment, database) { Machine = Machine }, plan, target.Host, _time, sink);
        await using ConfiguredAsyncDisposable closing = run.ConfigureAwait(false);
        var preflight = new PreflightStep(target, targets, database, _time, run.Sink);
        await using ConfiguredAsyncDisposable givingUp = preflight.ConfigureAwait(false);
        if (plan.HasWork)
        {
            run.BeginRecord(cancellationToken);
            preflight.Connect(cancellationToken);
        }

        DeploymentLock? held = null;
        try
        {
            await run.StepAsync(
                StepName.Lock,
                async token =>
                {
                    held = await DeploymentLock.AcquireAsync(database, run.Activity, options.LockWait, sink, token, _time).ConfigureAwait(false);
                    return new StepOutcome("Held.");
                },
                cancellationToken).ConfigureAwait(false);
            preflight.Begin(plan, cancellationToken);
            var steps = new DeploymentSteps(target, database, held!, _observer, _time, run.Sink);
            return await UnderLockAsync(run, preflight, steps, options, run.Sink, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (held is not null)
            {
                await held.DisposeAsync().ConfigureAwait(false);
            }

            sink.Publish(new ActivityCompleted(run.Activity));
        }
    }

    private async Task<Deployment> UnderLockAsync(
        DeploymentRun run, PreflightStep preflight, DeploymentSteps steps, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        await new UnfinishedRestores(targets, _time).SettleUnderLockAsync(run.Plan.Environment, sink, cancellationToken).ConfigureAwait(false);
        Task<DeploymentPlan> planned = PlanAgainAsync(run.Plan, options, sink, cancellationToken);
        await Task.WhenAll(planned, run.Plan.HasWork ? run.PrepareRecordAsync(cancellationToken) : Task.CompletedTask).ConfigureAwait(false);
        run.Adopt(await SettledAsync(await planned.ConfigureAwait(false), run.Plan, options, sink, cancellationToken).ConfigureAwait(false));
        if (!run.Plan.HasWork)
        {
            return await VerifyOnlyAsync(run, preflight, steps, options, sink, cancellationToken).ConfigureAwait(false);
        }

        await WayBackFiles.EnsureBundleAsync(run.Plan, sink, cancellationToken).ConfigureAwait(false);
        await new TakeOver(targets, _time).RunAsync(run.Plan, sink, cancellationToken).ConfigureAwait(false);
        await run.RecordAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await GoAsync(run, preflight, steps, options, sink, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await run.InterruptAsync($"Stopped at step '{run.Deployment.Steps[^1].Name}'.").ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Nobody can change the environment now: what was planned before is planned again, and has to hold.</summary>
    private async Task<DeploymentPlan> PlanAgainAsync(DeploymentPlan shown, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (shown.Kind == DeploymentKind.Publish)
        {
            DeploymentPlan plan = await _planner.PlanPublishAgainAsync(shown.Environment, shown.Release!, options.RollForward, options.Force, cancellationToken).ConfigureAwait(false);
            if (!plan.Observed!.IsSameAs(shown.Observed!))
            {
                sink.Publish(new Notice($"Environment '{shown.Environment}' changed since the plan was made: it was planned again."));
            }

            plan.EnsureGatesPassed();
            EnsureConfirmed(plan, shown);
            return plan;
        }

        DeploymentPlan back = await _planner.PlanRollbackAsync(shown.Environment, shown.Release, cancellationToken).ConfigureAwait(false);
        return back.Observed!.IsSameAs(shown.Observed!) ? back with { Ways = shown.Ways } : throw Outdated(shown, "going back to", ".");
    }

    /// <summary>The plan, made once more where what it was made from had a restore in it whose process has died.</summary>
    private async Task<DeploymentPlan> SettledAsync(
        DeploymentPlan plan, DeploymentPlan shown, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (!KilledRestores.IsIn(plan.Observed!.Deployments))
        {
            return plan;
        }

        await new KilledRestores(targets, _time).SettleUnderLockAsync(plan.Environment, sink, cancellationToken).ConfigureAwait(false);
        return await PlanAgainAsync(shown, options, sink, cancellationToken).ConfigureAwait(false);
    }

    private static DeployException Outdated(DeploymentPlan shown, string what, string how) => new(
        ErrorTable.PlanOutdated,
        $"Environment '{shown.Environment}' changed since {what} release '{shown.Release}' was planned{how}",
        "Run the command again and look at the new plan: what it would lose may be different.",
        shown.Environment);

    /// <summary>What loses data, or may let anybody in, was asked for in the plan that was shown; more than that needs another question.</summary>
    private static void EnsureConfirmed(DeploymentPlan plan, DeploymentPlan shown)
    {
        string[] more =
        [
            .. plan.DataLoss.Count > 0 ? plan.Undo.Except(shown.Undo).Select(version => $"migration {version} would be undone first") : [],
            .. plan.Configuration.Where(change => change.IsDangerous && !shown.Configuration.Any(each => each.Key == change.Key && each.NewValue == change.NewValue)).Select(change => $"'{change.Key}' would be changed"),
        ];
        if (more.Length > 0)
        {
            throw Outdated(shown, "publishing", $": {string.Join("; ", more)}.");
        }
    }

    private async Task<Deployment> GoAsync(
        DeploymentRun run, PreflightStep preflight, DeploymentSteps steps, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        HealthSeries? health = null;
        HealthStep gate = MakeHealthStep(steps);
        try
        {
            foreach (PlannedStep planned in run.Plan.Steps.Where(step => step.Name is not (StepName.Lock or StepName.Record or StepName.Contract)))
            {
                await run.StepAsync(
                    planned.Name,
                    async token =>
                    {
                        if (planned.Name != StepName.Health)
                        {
                            return await DoAsync(planned, run, preflight, steps, sink, token).ConfigureAwait(false);
                        }

                        run.BeginMeasuringSchema(cancellationToken);
                        health = await gate.PassAsync(run, options, sink, token).ConfigureAwait(false);
                        return new StepOutcome(HealthGate.Describe(health));
                    },
                    cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return await new TurnBack(targets, _observer, _time).RunAsync(run, steps, e, options, sink, cancellationToken).ConfigureAwait(false);
        }

        Deployment succeeded = await SucceedAsync(run, health!, options, sink, cancellationToken).ConfigureAwait(false);
        return run.Plan.Steps.All(step => step.Name != StepName.Contract) ? succeeded : await new ContractStep(new HealthGate(targets, _time)).RunAsync(run, steps, options, sink, cancellationToken).ConfigureAwait(false);
    }

    private async Task<StepOutcome> DoAsync(
        PlannedStep step, DeploymentRun run, PreflightStep preflight, DeploymentSteps steps, IProgressSink sink, CancellationToken cancellationToken) => step.Name switch
    {
        StepName.Preflight => await preflight.RunAsync(run.Plan, cancellationToken).ConfigureAwait(false),
        StepName.Backup when step.Changes => new StepOutcome($"Backup {await backup(run.Plan.Environment, sink, cancellationToken).ConfigureAwait(false)}."),
        StepName.RestorePoint when step.Changes => await steps.RestorePoint.MakeAsync(run.Deployment.Id, cancellationToken).ConfigureAwait(false),
        StepName.Backup or StepName.RestorePoint => new StepOutcome(step.Description),
        StepName.Recover or StepName.Undo => await UndoAsync(run, steps, cancellationToken).ConfigureAwait(false),
        StepName.Migrate => await steps.Migrations.MigrateAsync(run.Plan, cancellationToken).ConfigureAwait(false),
        StepName.Functions => await steps.Functions.BringAsync(run.Plan, run.Deployment.Id, cancellationToken).ConfigureAwait(false),
        StepName.Configuration => await steps.Configuration.BringAsync(run.Plan, cancellationToken).ConfigureAwait(false),
        StepName.Web => await steps.Web.ServeAsync(run.Plan.Release, cancellationToken).ConfigureAwait(false),
        _ => throw new InvalidOperationException($"No work is assigned to step '{step.Name}'."),
    };

    private static async Task<StepOutcome> UndoAsync(DeploymentRun run, DeploymentSteps steps, CancellationToken cancellationToken)
    {
        await run.NoteLossAsync(run.Plan.DataLoss, cancellationToken).ConfigureAwait(false);
        return await steps.Migrations.UndoAsync(run.Plan.Undo, run.Plan.Observed!, cancellationToken).ConfigureAwait(false);
    }

    private HealthStep MakeHealthStep(DeploymentSteps steps) => new(new HealthGate(targets, _time), steps.EnsureHeldAsync, _time);

    /// <summary>The release becomes the environment's current one; it may go on to the next stage only when nothing at all was wrong.</summary>
    private static async Task<Deployment> SucceedAsync(
        DeploymentRun run, HealthSeries health, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (!health.IsReached)
        {
            sink.Publish(new Caution(
                $"Release '{run.Plan.Release}' runs on '{run.Plan.Environment}', but not as it should, so it has no evidence '{Evidence.Healthy}' there. {HealthGate.Describe(health)}"));
        }

        NewEvidence? evidence = health.IsReached ? HealthGate.ToEvidence(run.Plan.Release!, health) : null;
        return await run.FinishAsync(DeploymentStatus.Succeeded, options.Reason, null, evidence, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Nothing is to be changed: what the ledger says is verified, and the ledger is left as it is.</summary>
    private async Task<Deployment> VerifyOnlyAsync(
        DeploymentRun run, PreflightStep preflight, DeploymentSteps steps, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        HealthStep gate = MakeHealthStep(steps);
        try
        {
            await run.StepAsync(StepName.Preflight, token => preflight.RunAsync(run.Plan, token), cancellationToken).ConfigureAwait(false);
            await run.StepAsync(
                StepName.Health,
                async token => new StepOutcome(HealthGate.Describe(await gate.PassAsync(run, options, sink, token).ConfigureAwait(false))),
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Deployment failed = await run.FinishAsync(DeploymentStatus.Failed, $"Nothing was to be changed, but {e.Message}", null, null, cancellationToken).ConfigureAwait(false);
            return failed with { Failure = e };
        }

        return await run.FinishAsync(DeploymentStatus.Succeeded, "Nothing to do: verified.", null, null, cancellationToken).ConfigureAwait(false);
    }
}
