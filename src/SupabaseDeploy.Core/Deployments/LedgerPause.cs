namespace SupabaseDeploy.Deployments;

/// <summary>A deployment's pause in its ledger, which may be in the very database that gives no answer: then it is told as soon as it does.</summary>
internal sealed class LedgerPause(DeploymentRun run, string why)
{
    private bool _isNoted;

    /// <summary>What was decided from elsewhere; null while nobody has, or nobody can be heard.</summary>
    public async Task<LedgerEvent?> ReadDecisionAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_isNoted)
            {
                _isNoted = true; // What cannot be written now is written with what follows.
                await run.NoteAsync(LedgerEvent.Paused, why, cancellationToken).ConfigureAwait(false);
            }

            return await run.ReadDecisionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (LostConnection.Is(e) && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
