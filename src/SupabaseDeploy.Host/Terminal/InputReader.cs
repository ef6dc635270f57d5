namespace SupabaseDeploy.Host.Terminal;

/// <summary>Reads lines from redirected standard input so that a signal can end the wait.</summary>
internal sealed class InputReader(CancellationToken abandoned)
{
    private Task<string?>? _pending;

    /// <summary>The next line; null at the end of the input, or when nobody waits for it any more.</summary>
    public string? ReadLine()
    {
        // The reader of the console blocks and takes no token.
        _pending ??= Task.Factory.StartNew(Console.In.ReadLine, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            _pending.Wait(abandoned);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        string? line = _pending.Result;
        _pending = null;
        return line;
    }
}
