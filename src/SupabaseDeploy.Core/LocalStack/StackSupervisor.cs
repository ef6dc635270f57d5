using System.Runtime.ExceptionServices;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>Runs the services of one stack: starts them together, stops them in reverse order, leaves nothing behind when a start fails.</summary>
/// <param name="services">The services, each after those it needs.</param>
/// <param name="isOutdated">Asked when all have started: whether the last one was told what does not hold any more, and is to be started again.</param>
internal sealed class StackSupervisor(IReadOnlyList<ILocalService> services, Func<bool>? isOutdated = null)
{
    // A start that was given up is cleaned up all the same, but not for ever.
    private static readonly TimeSpan s_cleanupLimit = TimeSpan.FromSeconds(25);

    public async Task<IReadOnlyList<LocalService>> GetAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(services.Select(service => service.GetAsync(cancellationToken))).ConfigureAwait(false);

    /// <summary>Starts what does not run. When that fails or is given up, what was started by this call is stopped again.</summary>
    /// <returns>True when anything was started.</returns>
    public async Task<bool> StartAsync(StackRecord? before, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<LocalService> seen = await GetAsync(cancellationToken).ConfigureAwait(false);
        List<ILocalService> down = [.. services.Where(service => !seen.Single(known => known.Name == service.Name).IsRunning)];
        try
        {
            // All of them, also those that run: adopting checks more than looking does.
            await Task.WhenAll(services.Select(service => service.StartAsync(before?.PortOf(service.Name), sink, cancellationToken))).ConfigureAwait(false);

            if (isOutdated?.Invoke() == true)
            {
                await services[^1].StartAsync(before?.PortOf(services[^1].Name), sink, cancellationToken).ConfigureAwait(false);
            }

            return down.Count > 0;
        }
        catch
        {
            using var cleanup = new CancellationTokenSource(s_cleanupLimit);
            await StopAsync(down, cleanup.Token).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops everything.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => StopAsync(services, cancellationToken);

    /// <summary>Stops everything and deletes its data.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        foreach (ILocalService service in services.Reverse())
        {
            await service.RemoveAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>In reverse order; one that fails does not keep the others running.</summary>
    private static async Task StopAsync(IReadOnlyList<ILocalService> services, CancellationToken cancellationToken)
    {
        Exception? first = null;
        foreach (ILocalService service in services.Reverse())
        {
            try
            {
                await service.StopAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                first ??= e;
            }
        }

        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }
}
