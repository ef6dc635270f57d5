namespace SupabaseDeploy.Deployments;

/// <summary>A connection that is opened beside other work, and taken once. Disposing gives up the opening, and closes what nobody took.</summary>
internal sealed class OpenedBeside<T>(Func<CancellationToken, Task<T>> open, CancellationToken cancellationToken) : IAsyncDisposable
    where T : class, IAsyncDisposable
{
    private WorkBeside<T>? _opening = new(open, cancellationToken);

    /// <summary>The connection; null when it was taken, or could not be opened: whoever connects anew hears why.</summary>
    public async Task<T?> TakeAsync()
    {
        if (Interlocked.Exchange(ref _opening, null) is not { } opening)
        {
            return null;
        }

        await ((Task)opening.Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await opening.DisposeAsync().ConfigureAwait(false);
        return opening.Result.IsCompletedSuccessfully ? await opening.Result.ConfigureAwait(false) : null;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _opening, null) is not { } opening)
        {
            return;
        }

        await opening.DisposeAsync().ConfigureAwait(false);
        if (opening.Result.IsCompletedSuccessfully)
        {
            await (await opening.Result.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
    }
}
