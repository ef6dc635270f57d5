using SupabaseDeploy.Environments;
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

    /// <summary>Says of a restore that was asked for alone what is not its release's, and the command that brings it. The ledger keeps that too.</summary>
    /// <returns>The restore with what was said.</returns>
    public async Task<Deployment> TellAsync(Deployment restored, IProgressSink sink, CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = restored.Environment;
        ObservedState observed = await new EnvironmentObserver(targets).ObserveAsync(environment, cancellationToken).ConfigureAwait(false);
        if (RollbackTarget.Restored(environment, observed) is not { Changes: true } code)
        {
            return restored;
        }

        string said = $"Database and code of '{environment}' do not fit: the database is that of release {code.Release}, and what follows is not: {code.Lacks}. Bring it: {Command(environment, observed, code.Release)}";
        sink.Publish(new Caution(said));
        var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
        return await ledger.NoteAsync(restored, LedgerEvent.Caution, said, restored.RequestedBy, TimeProvider.System.GetUtcNow(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What brings the code of the release whose database is there: only what was healthy here goes past the gates.</summary>
    internal static string Command(DeploymentEnvironment environment, ObservedState observed, Release release) =>
        RollbackTarget.WasHealthy(observed, release) ? $"Restore-Deployment {environment}" : $"Publish-Environment {environment} -Release {release}";

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
