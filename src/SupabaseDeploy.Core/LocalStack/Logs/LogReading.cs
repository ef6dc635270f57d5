namespace SupabaseDeploy.LocalStack;

/// <summary>One of several logs that are read at once.</summary>
internal static class LogReading
{
    /// <summary>Reads to the end. Where that fails the others are ended: they would go on for ever, and nobody would hear of the error.</summary>
    public static async Task OrEndAllAsync(this Task read, CancellationTokenSource all)
    {
        try
        {
            await read.ConfigureAwait(false);
        }
        catch
        {
            await all.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
