using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// A restore that another machine asked the platform for, and whose process is gone. That machine has the ledger in a file; here only the database from before
/// says that it was asked, until the platform replaces it.
/// </summary>
internal sealed class RestoreElsewhere(IDeploymentTargets targets, DeploymentEnvironment environment, TimeProvider time)
{
    /// <summary>The restore; null when none was asked for, or its database is there.</summary>
    public async Task<Deployment?> FindAsync(CancellationToken cancellationToken)
    {
        if (targets.For(environment).RestorePoints is null)
        {
            return null;
        }

        Ledger ledger = await LedgerAsync(cancellationToken).ConfigureAwait(false);
        return await ledger.FindClosedByAsync(cancellationToken).ConfigureAwait(false) is { } id
            ? (await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false)).Single(deployment => deployment.Id == id)
            : null;
    }

    /// <summary>Ends it as one that did not happen, for whoever holds the lock.</summary>
    /// <returns>The restore as it ended; null when there was none.</returns>
    /// <exception cref="DeployException"><see cref="ErrorTable.RestoreUnderWay"/>: the platform may still begin, or is at work.</exception>
    public async Task<Deployment?> SettleAsync(IProgressSink sink, CancellationToken cancellationToken)
    {
        if (await FindAsync(cancellationToken).ConfigureAwait(false) is not { } begun)
        {
            return null;
        }

        var asked = new AskedRestore(targets, environment, begun.Events.First(each => each.Kind == LedgerEvent.RestoreAsked).RecordedAt, time);
        asked.EnsureBeginsNoMore();
        await asked.EnsureAtRestAsync(cancellationToken).ConfigureAwait(false);
        Deployment ended = UnfinishedRestores.End(begun, DeploymentStatus.Failed, $"The database of '{environment}' was not brought back: it is still the one from before.", time);
        Ledger ledger = await LedgerAsync(cancellationToken).ConfigureAwait(false);
        await ledger.FinishAsync(ended, null, cancellationToken).ConfigureAwait(false);
        sink.Publish(new Caution(
            $"{ended} did not happen. {ended.Reason} Should the platform bring it back all the same, run the next command where {begun.RequestedBy} asked: its ledger is kept there."));
        return ended;
    }

    private async Task<Ledger> LedgerAsync(CancellationToken cancellationToken) =>
        new(environment, await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
}
