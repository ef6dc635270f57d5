namespace SupabaseDeploy.Host.Terminal;

/// <summary>Reads keys so that a signal can end the wait: the runtime's own wait for a key cannot be ended.</summary>
internal sealed class KeyReader(CancellationToken abandoned)
{
    private Task<ConsoleKeyInfo>? _pending;

    /// <summary>The next key; null when nobody waits for an answer any more.</summary>
    public ConsoleKeyInfo? Read()
    {
        _pending ??= Task.Factory.StartNew(
            () => Console.ReadKey(intercept: true), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            _pending.Wait(abandoned);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        ConsoleKeyInfo key = _pending.Result;
        _pending = null;
        return key;
    }
}
