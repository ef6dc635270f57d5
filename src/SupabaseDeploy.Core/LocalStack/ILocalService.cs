using SupabaseDeploy.Events;

namespace SupabaseDeploy.LocalStack;

/// <summary>One service of a stack: what the supervisor can ask of it. Each call looks before it acts and may be repeated.</summary>
internal interface ILocalService
{
    /// <summary><c>database</c> or <c>gateway</c>.</summary>
    string Name { get; }

    /// <summary>How it is now. Changes nothing.</summary>
    Task<LocalService> GetAsync(CancellationToken cancellationToken);

    /// <summary>Starts it, or adopts it when it runs; returns when it answers.</summary>
    /// <param name="port">The port it had before; null for any.</param>
    /// <param name="sink">Is told what differs from what was wished for.</param>
    /// <param name="cancellationToken">Ends the start; a process it began may be left to <see cref="StopAsync"/>.</param>
    Task StartAsync(int? port, IProgressSink sink, CancellationToken cancellationToken);

    /// <summary>Stops it; returns when its process is gone.</summary>
    Task StopAsync(CancellationToken cancellationToken);

    /// <summary>Stops it and deletes its data.</summary>
    Task RemoveAsync(CancellationToken cancellationToken);
}
