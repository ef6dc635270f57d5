using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Brings an environment back to where it was after a step went wrong, and verifies that it is there.</summary>
internal sealed class TurnBack(IDeploymentTargets targets, EnvironmentObserver observer, TimeProvider time)
{
    /// <summary>Ends the deployment as RolledBack, or as Failed with what a person has to do.</summary>
    public async Task<Deployment> RunAsync(
        DeploymentRun run, DeploymentSteps steps, Exception failure, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        string at = run.Deployment.Steps[^1].Name;
        string reason = failure.Message;
        try
        {
            if (run.Deployment.Steps.All(step => StepName.IsBeforeChanges(step.Name)))
            {
                return await FailAsync(run, failure, $"{reason} Nothing was changed.", null, cancellationToken).ConfigureAwait(false);
            }

            // Without the lock somebody else may be at work by now: nothing more is touched, and whoever comes next takes over.
            await steps.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
            ObservedState now = await observer.ObserveAsync(run.Plan.Environment, cancellationToken).ConfigureAwait(false);
            if (!run.Changed && IsAsBefore(run, now))
            {
                return await FailAsync(run, failure, $"{reason} Nothing was changed.", null, cancellationToken).ConfigureAwait(false);
            }

            if (run.Plan.Kind == DeploymentKind.Rollback)
            {
                string stopped = $"Going back to {Name(run.Plan.Release)} stopped at step '{at}'.";
                return await FailAsync(run, failure, $"{reason} {stopped}", Lockout(run, $"{stopped} {reason}"), cancellationToken).ConfigureAwait(false);
            }

            string[] undo = [.. run.Plan.Brings.Intersect(now.History).OrderDescending(StringComparer.Ordinal)];
            string[] oneWay = [.. undo.Where(version => new AppliedCopies(now).DownScriptSource(version) is null)];
            if (oneWay.Length > 0)
            {
                string stuck = $"{Words.Migrations(oneWay)} cannot be undone: there is no down script.";
                return await FailAsync(run, failure, $"{reason} {stuck}", Lockout(run, stuck), cancellationToken).ConfigureAwait(false);
            }

            if (run.Plan.Rehearsal?.NotRestoring(undo) is { Length: > 0 } wrong)
            {
                string stuck = $"{Words.Migrations(wrong)} cannot be undone: {Words.NotRestoring(run.Plan.Rehearsal, wrong)}.";
                return await FailAsync(run, failure, $"{reason} {stuck}", Lockout(run, stuck), cancellationToken).ConfigureAwait(false);
            }

            string proof = undo.Length == 0 ? "" : $" by the down scripts of {Words.Migrations(undo)}. {Words.Proof(run.Plan.Rehearsal, undo)}".TrimEnd('.');
            sink.Publish(new Caution($"Step '{at}' of {run.Deployment} failed; going back to {Name(run.Plan.PreviousRelease)}{proof}. {reason}"));
            return await GoBackAsync(run, steps, now, undo, failure, options, sink, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code == ErrorTable.DeploymentLockLost)
        {
            await run.InterruptAsync($"{reason} {e.Message} It stopped at step '{at}'; the next deployment takes over.").ConfigureAwait(false);
            return run.Deployment with { Status = DeploymentStatus.Interrupted, Reason = run.Deployment.Reason ?? e.Message, Failure = failure };
        }
        catch (Exception e) when (LostConnection.Is(e))
        {
            // Nothing can be undone, and nothing more was found wrong: as after a kill, whoever comes next goes on.
            string stopped = $"{reason} Going back stopped at step '{run.Deployment.Steps[^1].Name}', because the database gives no answer: {e.Message} Nothing is locked; the next deployment takes over.";
            await run.InterruptAsync(stopped).ConfigureAwait(false);
            return run.Deployment with { Status = DeploymentStatus.Interrupted, Changed = true, Reason = stopped, Failure = failure };
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            string worse = $"{reason} Going back failed too, at step '{run.Deployment.Steps[^1].Name}': {e.Message}";
            return await FailAsync(run, e, worse, Lockout(run, e.Message), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Deployment> GoBackAsync(
        DeploymentRun run,
        DeploymentSteps steps,
        ObservedState now,
        IReadOnlyList<string> undo,
        Exception failure,
        DeploymentOptions options,
        IProgressSink sink,
        CancellationToken cancellationToken)
    {
        Release? previous = run.Plan.PreviousRelease;
        await run.StepAsync(StepName.RollbackWeb, token => steps.Web.ServeAsync(previous, token), cancellationToken).ConfigureAwait(false);
        if (HasConfiguration(run.Plan))
        {
            await run.StepAsync(StepName.RollbackConfiguration, token => steps.Configuration.TakeBackAsync(run.Plan, token), cancellationToken).ConfigureAwait(false);
        }

        if (HasFunctions(run.Plan))
        {
            await run.StepAsync(StepName.RollbackFunctions, token => steps.Functions.TakeBackAsync(run.Plan, run.Deployment.Id, token), cancellationToken).ConfigureAwait(false);
        }

        await run.StepAsync(
            StepName.RollbackMigrations,
            async token =>
            {
                await run.NoteLossAsync(await steps.Migrations.MeasureLossAsync(undo, now, token).ConfigureAwait(false), token).ConfigureAwait(false);
                return await steps.Migrations.UndoAsync(undo, now, token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        HealthSeries? health = null;
        await run.StepAsync(
            StepName.RollbackVerify,
            async token =>
            {
                await EnsureBackAsync(run.Plan, previous, token).ConfigureAwait(false);
                health = previous is null
                    ? null
                    : await new HealthGate(targets, time).WaitAsync(HealthGate.WithoutWindow(run.Plan.Environment), previous, options.HealthLimit, sink, token).ConfigureAwait(false);
                return new StepOutcome($"Back at {Name(previous)}. {(health is null ? "" : HealthGate.Describe(health))}".TrimEnd());
            },
            cancellationToken).ConfigureAwait(false);
        string ending = health is { Verdict: not HealthVerdict.Pass }
            ? $"Back at {Name(previous)}, which is not healthy now either: {HealthGate.Describe(health)}"
            : $"Back at {Name(previous)}.";
        Deployment ended = await run.FinishAsync(DeploymentStatus.RolledBack, $"{failure.Message} {ending}", null, null, cancellationToken).ConfigureAwait(false);
        return ended with { Failure = failure };
    }

    private async Task EnsureBackAsync(DeploymentPlan plan, Release? previous, CancellationToken cancellationToken)
    {
        ObservedState now = await observer.ObserveAsync(plan.Environment, cancellationToken).ConfigureAwait(false);
        string[] left = [.. plan.Brings.Intersect(now.History)];
        string[] wantedVersions = [.. previous?.Migrations.Select(migration => migration.Version) ?? []];
        string[] later = previous is null ? [] : [.. ContractMark.Separated(plan.Environment, previous, wantedVersions)];
        string[] lost = [.. wantedVersions.Except(now.History).Except(plan.Apply).Except(later)];
        string? wanted = previous?.Web is null ? null : previous.Id;
        bool hasFunctions = plan.TakesOver.Count > 0 || now.HasSameFunctions(plan.Observed!);
        if (left.Length == 0 && lost.Length == 0 && hasFunctions && now.ServedRelease == (now.HasWebRoot ? wanted : null))
        {
            return;
        }

        throw new Errors.DeployException(
            Errors.ErrorTable.StepNotVerified,
            $"Environment '{plan.Environment}' is not back at {Name(previous)}: "
            + string.Join("; ", (string[])[
                .. left.Length > 0 ? [$"{Words.Migrations(left)} is still applied"] : (string[])[],
                .. lost.Length > 0 ? [$"{Words.Migrations(lost)} is not applied"] : (string[])[],
                .. hasFunctions ? (string[])[] : ["the functions are not those from before"],
                $"the web root serves {(now.ServedRelease is { } served ? Words.Short(served) : "nothing")}"]) + ".",
            "Find out who else changes this environment.",
            plan.Environment);
    }

    private static async Task<Deployment> FailAsync(
        DeploymentRun run, Exception failure, string reason, string? lockout, CancellationToken cancellationToken)
    {
        if (lockout is not null)
        {
            run.Changed = true; // Nobody knows otherwise, and whoever comes next has to look.
        }

        Deployment ended = await run.FinishAsync(DeploymentStatus.Failed, reason, lockout, null, cancellationToken).ConfigureAwait(false);
        return ended with { Failure = failure };
    }

    // What an interrupted deployment left is nothing to leave as it is.
    private static bool IsAsBefore(DeploymentRun run, ObservedState now) =>
        run.Plan.Observed is { Unsettled: null } before
        && now.History.SequenceEqual(before.History)
        && now.ServedRelease == before.ServedRelease
        && !run.Deployment.Steps.Any(step => step.Name is StepName.Functions or StepName.Configuration);

    private static bool HasConfiguration(DeploymentPlan plan) =>
        plan.Observed!.UnsettledChain.Select(deployment => deployment.Plan).Prepend(plan).Any(each => each.Configuration.Any(change => !change.IsSecret));

    private static bool HasFunctions(DeploymentPlan plan) =>
        plan.Observed!.UnsettledChain.Select(deployment => deployment.Plan).Prepend(plan).Any(each => each.Functions is { IsEmpty: false });

    private static string Lockout(DeploymentRun run, string why)
    {
        string environment = run.Plan.Environment.Name;
        string? backup = run.Deployment.Steps.FirstOrDefault(step => step is { Name: StepName.Backup, Status: StepStatus.Succeeded })?.Message;
        string goBack = run.Plan.Kind == DeploymentKind.Rollback
            ? $" go on with 'Restore-Deployment {environment} -Release {run.Plan.Release}';"
            : new AppliedCopies(run.Plan.Observed!) is var copies && run.Plan.Observed!.Current is not null && run.Plan.Brings.All(version => copies.DownScriptSource(version) is not null || HasDownScript(run.Plan.Release, version))
            ? $" go back with 'Restore-Deployment {environment}';"
            : "";
        string restore = backup is null ? $"restore a backup (Get-DeploymentBackup {environment})" : $"restore what was taken before ({backup.TrimEnd('.')}: Get-DeploymentBackup {environment})";
        if (RestorePointStep.Of(run.Deployment) is { } point)
        {
            restore += $", bring the whole database back to what it was before with 'Restore-Deployment {environment} -RestorePoint {point}'";
        }

        return $"Environment '{environment}' is locked against publishing: {why} Look at (Get-Deployment {environment} -Latest).Steps; then{goBack} {restore},"
            + $" or publish a release that repairs it: Publish-Environment {environment} -Release <id> -RollForward";
    }

    private static bool HasDownScript(Release? release, string version) =>
        release?.Migrations.Any(migration => migration.Version == version && migration.DownSha256 is not null) == true;

    private static string Name(Release? release) => release is null ? "where it was before the first release" : $"release {release}";
}
