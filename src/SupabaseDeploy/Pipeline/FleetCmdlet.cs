using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>
/// A command that works on many environments together. They may arrive one by one: it starts when all are known, so that nothing is begun
/// when one of them cannot be resolved or the command before it fails.
/// </summary>
public abstract class FleetCmdlet : EnvironmentCmdlet
{
    private readonly List<EnvironmentReference> _given = [];
    private bool _hasInput;

    /// <summary>How many environments are worked on at the same time.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 5;

    /// <inheritdoc/>
    protected sealed override Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        _hasInput = true;
        _given.AddRange(Environment ?? []);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected sealed override Task EndProcessingAsync(CancellationToken cancellationToken) => _hasInput
        ? ProcessAsync(_given.Count > 0 ? Resolve(_given) : BoundEnvironments(), cancellationToken)
        : Task.CompletedTask;

    /// <summary>Work for all environments, each of them once.</summary>
    protected abstract Task ProcessAsync(IReadOnlyList<DeploymentEnvironment> environments, CancellationToken cancellationToken);

    /// <summary>
    /// Does <paramref name="work"/> for as many at once as <see cref="ThrottleLimit"/> says and reports in the order of
    /// <paramref name="environments"/>, whichever is done first. When one fails, the others are stopped and have ended before this throws.
    /// </summary>
    protected async Task ForEachAsync<T>(
        IReadOnlyList<DeploymentEnvironment> environments,
        Func<DeploymentEnvironment, CancellationToken, Task<T>> work,
        Func<T, Task> report,
        CancellationToken cancellationToken)
    {
        using var throttle = new SemaphoreSlim(ThrottleLimit);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        async Task<T> WorkAsync(DeploymentEnvironment environment)
        {
            await throttle.WaitAsync(stop.Token).ConfigureAwait(false);
            try
            {
                return await work(environment, stop.Token).ConfigureAwait(false);
            }
            finally
            {
                throttle.Release();
            }
        }

        Task<T>[] running = [.. environments.Select(WorkAsync)];
        try
        {
            foreach (Task<T> one in running)
            {
                await report(await one.ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
