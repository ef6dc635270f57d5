using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Backups;

/// <summary>
/// Which ledger goes on where the one of the replaced database does not: the backup's, and where that cannot be believed either, a new one. What
/// does not go on is put into a file, and the ledger that goes on says so for ever.
/// </summary>
/// <param name="live">The ledger of the database that is replaced.</param>
/// <param name="restored">The ledger that came with the backup, in the database that is not switched in yet.</param>
/// <param name="entry">The restore.</param>
internal sealed class LedgerSuccession(Ledger live, Ledger restored, RestoreEntry entry)
{
    /// <summary>Makes the ledger of the restored database one that can be believed.</summary>
    /// <param name="why">Why the live one does not go on; null when there is none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was done, to be kept in that ledger.</returns>
    public async Task<IReadOnlyList<string>> SettleAsync(Exception? why, CancellationToken cancellationToken)
    {
        var told = new List<string>();
        if (why is DeployException { Code: var code } && code == ErrorTable.LedgerBroken)
        {
            string path = await ExportAsync(live, "live", cancellationToken).ConfigureAwait(false);
            told.Add($"The ledger of the replaced database does not go on. {why.Message} Its rows are in '{path}' on {System.Environment.MachineName}, and in database '{entry.Previous}'.");
        }
        else if (why is not null)
        {
            told.Add($"The ledger of the replaced database could not be read and does not go on: {why.Message} It is in database '{entry.Previous}'.");
        }

        if (await restored.FindBreakAsync(cancellationToken).ConfigureAwait(false) is { } broken)
        {
            string path = await ExportAsync(restored, "backup", cancellationToken).ConfigureAwait(false);
            await restored.StartAnewAsync(cancellationToken).ConfigureAwait(false);
            told.Add($"A new ledger begins, because the one in the backup does not go on either. {broken.Message} Its rows are in '{path}' on {System.Environment.MachineName}. Evidence and approvals have to be given again.");
        }
        else if (why is not null)
        {
            told.Add($"The ledger of backup {entry.Backup} goes on.");
        }

        return told;
    }

    private async Task<string> ExportAsync(Ledger ledger, string which, CancellationToken cancellationToken)
    {
        string path = Path.Combine(ledger.Environment.Project.StateFolder, "restores", $"{ledger.Environment.Name}.{entry.Id}.{which}-ledger.jsonl");
        await LedgerExport.WriteAsync([ledger], path, cancellationToken).ConfigureAwait(false);
        return path;
    }
}
