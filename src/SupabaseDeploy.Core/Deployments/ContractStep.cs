using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;

namespace SupabaseDeploy.Deployments;

/// <summary>The step after the end: contracting migrations.</summary>
internal sealed class ContractStep(HealthGate gate)
{
    /// <summary>
    /// What the release before still used is taken away only now. A failure leaves the release as it runs, recorded: its migrations are
    /// transactions, and the next publish of it applies what is left. It goes no further until it was healthy without what is taken away.
    /// </summary>
    public async Task<Deployment> RunAsync(
        DeploymentRun run, DeploymentSteps steps, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        DeploymentPlan plan = run.Plan;
        try
        {
            await run.StepAsync(
                StepName.Contract,
                async token =>
                {
                    await run.AddEvidenceAsync(NotHealthy(plan, $"Applying {Words.Migrations(plan.Contract)} has begun."), token).ConfigureAwait(false);
                    StepOutcome applied = await steps.Migrations.ContractAsync(plan, token).ConfigureAwait(false);
                    await run.RecordSchemaAsync(token).ConfigureAwait(false);
                    HealthSeries health = await gate.WaitAsync(plan.Environment, plan.Release!, options.HealthLimit, sink, token).ConfigureAwait(false);
                    await run.AddEvidenceAsync(HealthGate.ToEvidence(plan.Release!, health), token).ConfigureAwait(false);
                    return IsGoodEnough(health, plan.Environment) ? applied with { Message = $"{applied.Message} {HealthGate.Describe(health)}" } : throw Sick(plan, health);
                },
                cancellationToken).ConfigureAwait(false);
            return run.Deployment;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return run.Deployment with { Failure = e is DeployException { Code: var code } && code == ErrorTable.ContractFailed ? e : NotApplied(run, e) };
        }
    }

    private static bool IsGoodEnough(HealthSeries health, DeploymentEnvironment environment) => health.Verdict switch
    {
        HealthVerdict.Pass => true,
        HealthVerdict.Inconclusive => environment.Health.OnInconclusive == InconclusiveHealth.Keep,
        _ => false,
    };

    private static NewEvidence NotHealthy(DeploymentPlan plan, string why) => new(Evidence.Healthy, plan.Release!, false, EvidenceContent.Of(why));

    private static DeployException Sick(DeploymentPlan plan, HealthSeries health) => new(
        ErrorTable.ContractFailed,
        $"{(health.Verdict == HealthVerdict.Fail ? $"Environment '{plan.Environment}' is not healthy" : $"The health of '{plan.Environment}' is not known")} since {Words.Migrations(plan.Contract)} was applied. {HealthGate.Describe(health)}",
        $"Look at every check, and record it once all is well: Test-DeploymentHealth {plan.Environment} -Record; what was taken away is in the backup from before: Get-DeploymentBackup {plan.Environment}",
        plan.Environment);

    private static DeployException NotApplied(DeploymentRun run, Exception failure) => new(
        ErrorTable.ContractFailed,
        $"Release '{run.Plan.Release}' runs on '{run.Plan.Environment}' and was healthy, but {Words.Migrations(run.Plan.Contract)} could not be applied: {failure.Message}",
        $"Correct what stands in the way, then publish the release again: Publish-Environment {run.Plan.Environment} -Release {run.Plan.Release}",
        run.Deployment,
        failure);
}
