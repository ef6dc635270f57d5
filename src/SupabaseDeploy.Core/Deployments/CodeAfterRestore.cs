using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>The second half of going back by a restore: web root, functions and settings of the release whose database is there.</summary>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="publisher">Brings them.</param>
public sealed class CodeAfterRestore(IDeploymentTargets targets, DeploymentPublisher publisher)
{
    /// <summary>Brings what is not there yet.</summary>
    /// <param name="restored">The restore.</param>
    /// <param name="release">The release to go back to.</param>
    /// <param name="options">How it is brought.</param>
    /// <param name="sink">Told about each step.</param>
    /// <param name="cancellationToken">Stops it; the ledger says so, and the next rollback goes on from there.</param>
    /// <returns>The deployment that brought it; null when all of it is there.</returns>
    /// <exception cref="DeployException">It could not be begun; the message says what was done before.</exception>
    public async Task<Deployment?> BringAsync(Deployment restored, Release release, DeploymentOptions options, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            DeploymentPlan plan = await new DeploymentPlanner(targets).PlanRollbackAsync(restored.Environment, release, cancellationToken).ConfigureAwait(false);
            EnsureDatabaseStays(plan);
            return plan.HasWork ? await publisher.ExecuteAsync(plan, options, sink, cancellationToken).ConfigureAwait(false) : null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            string goOn = $"Run 'Restore-Deployment {restored.Environment}' again, which brings them first.";
            var known = e as DeployException;
            throw new DeployException(
                known?.Code ?? ErrorTable.DeploymentFailed,
                $"The database of '{restored.Environment}' was brought back, by {restored}; web root, functions and settings of release '{release}' were not. {e.Message}",
                known?.Remedy is { } remedy ? $"{remedy} {goOn}" : goOn,
                restored,
                e);
        }
    }

    private static void EnsureDatabaseStays(DeploymentPlan plan)
    {
        if (plan.Way is { Strategy: not RollbackStrategy.CodeOnly } way)
        {
            throw new DeployException(
                ErrorTable.HistoryInconsistent,
                $"The database that came back is not that of release '{plan.Release}': it would have to be changed once more. {way}",
                $"Look at what is applied: Get-Migration {plan.Environment}; or restore another backup: Get-DeploymentBackup {plan.Environment}",
                plan);
        }
    }
}
