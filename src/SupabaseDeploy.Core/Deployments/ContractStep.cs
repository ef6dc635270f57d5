using SupabaseDeploy.Errors;
using SupabaseDeploy.Health;

namespace SupabaseDeploy.Deployments;

/// <summary>The step after the end: contracting migrations.</summary>
internal sealed class ContractStep(HealthGate gate)
{
    /// <summary>
    /// What the release before still used is taken away only now. A failure leaves the release as it runs, recorded and healthy: its
    /// migrations are transactions, and the next publish of it applies what is left.
    /// </summary>
    public async Task<Deployment> RunAsync(DeploymentRun run, DeploymentSteps steps, Deployment succeeded, CancellationToken cancellationToken)
    {
        try
        {
            await run.StepAsync(
                StepName.Contract,
                async token =>
                {
                    StepOutcome applied = await steps.ContractAsync(run.Plan, token).ConfigureAwait(false);
                    DeploymentHealth health = await gate.MeasureAsync(run.Plan.Environment, run.Plan.Release!, token).ConfigureAwait(false);
                    await run.RecordSchemaAsync(token).ConfigureAwait(false);
                    return health.Verdict != HealthVerdict.Fail ? applied with { Message = $"{applied.Message} {HealthGate.Describe(health)}" } : throw new DeployException(
                        ErrorTable.ContractFailed,
                        $"Environment '{run.Plan.Environment}' is not healthy since {Words.Migrations(run.Plan.Contract)} was applied. {HealthGate.Describe(health)}",
                        $"Look at every check: Test-DeploymentHealth {run.Plan.Environment}; what was taken away is in the backup from before: Get-DeploymentBackup {run.Plan.Environment}",
                        run.Plan.Environment);
                },
                cancellationToken).ConfigureAwait(false);
            return run.Deployment;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return run.Deployment with
            {
                Failure = e as DeployException is { Code: var code } known && code == ErrorTable.ContractFailed ? known : new DeployException(
                    ErrorTable.ContractFailed,
                    $"Release '{run.Plan.Release}' runs on '{run.Plan.Environment}' and is healthy, but {Words.Migrations(run.Plan.Contract)} could not be applied: {e.Message}",
                    $"Correct what stands in the way, then publish the release again: Publish-Environment {run.Plan.Environment} -Release {run.Plan.Release}",
                    succeeded,
                    e),
            };
        }
    }
}
