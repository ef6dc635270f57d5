namespace SupabaseDeploy.Deployments;

/// <summary>Work that goes on beside other work until its result is asked for. Disposing gives it up, and waits until it has ended.</summary>
internal sealed class WorkBeside<T> : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;

    public WorkBeside(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // On another thread from its first line on: hashing has begun before anything is awaited.
        Result = Task.Run(() => work(_stop.Token), _stop.Token);
    }

    public Task<T> Result { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await ((Task)Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
