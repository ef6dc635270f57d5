using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Backups;

/// <summary>
/// Which ledger goes on where the one of the replaced database does not: the one that came back, and where that cannot be believed either, a new one. What
/// does not go on is put into a file, and the ledger that goes on says so for ever.
/// </summary>
/// <param name="restored">The ledger that came with the database.</param>
/// <param name="restore">The restore's name in file names.</param>
/// <param name="kind">What it came back from: <c>backup</c>.</param>
/// <param name="name">Its name.</param>
internal sealed class LedgerSuccession(Ledger restored, string restore, string kind, string name)
{
    /// <summary>Puts a ledger that cannot be believed into a file, before its database is replaced.</summary>
    /// <param name="live">The ledger.</param>
    /// <param name="restore">The restore's name in file names.</param>
    /// <param name="why">Why it does not go on.</param>
    /// <param name="kept">The name that the replaced database has from then on; null where it is gone.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was done, to be kept in the ledger that goes on.</returns>
    public static async Task<string> LeaveAsync(Ledger live, string restore, DeployException why, string? kept, CancellationToken cancellationToken)
    {
        string path = PathOf(live, restore, "live");
        await LedgerExport.WriteAsync([live], path, cancellationToken).ConfigureAwait(false);
        return $"The ledger of the replaced database does not go on. {why.Message} Its rows are in '{path}' on {System.Environment.MachineName}{(kept is null ? "" : $", and in database '{kept}'")}.";
    }

    /// <summary>Makes the ledger of the restored database one that can be believed. May be done again.</summary>
    /// <param name="isAlone">True where there was a live ledger, which does not go on.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was done, to be kept in that ledger; null where there is nothing to say.</returns>
    public async Task<string?> SettleAsync(bool isAlone, CancellationToken cancellationToken)
    {
        string path = PathOf(restored, restore, kind.Replace(' ', '-'));
        DeployException? broken = await restored.FindBreakAsync(cancellationToken).ConfigureAwait(false);
        if (broken is null && !File.Exists(path))
        {
            return isAlone ? $"The ledger of {kind} {name} goes on." : null;
        }

        if (broken is not null)
        {
            await LedgerExport.WriteAsync([restored], path, cancellationToken).ConfigureAwait(false);
            await restored.StartAnewAsync(cancellationToken).ConfigureAwait(false);
        }

        string why = broken is null ? "" : $" {broken.Message}";
        return $"A new ledger begins, because the one in the {kind} does not go on either.{why} Its rows are in '{path}' on {System.Environment.MachineName}. Evidence and approvals have to be given again.";
    }

    private static string PathOf(Ledger ledger, string restore, string which) =>
        Path.Combine(ledger.Environment.Project.StateFolder, "restores", $"{ledger.Environment.Name}.{restore}.{which}-ledger.jsonl");
}
