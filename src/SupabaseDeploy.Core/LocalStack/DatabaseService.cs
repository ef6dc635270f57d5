using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>The PostgreSQL cluster of an environment. It keeps its own port.</summary>
internal sealed class DatabaseService(PostgresCluster cluster) : ILocalService
{
    public const string ServiceName = "database";

    public string Name => ServiceName;

    public async Task<LocalService> GetAsync(CancellationToken cancellationToken)
    {
        ClusterState state = await cluster.GetStateAsync(cancellationToken).ConfigureAwait(false);
        return new LocalService(Name, state.IsRunning, state.ProcessId, state.Port, state.Version, state.StartedAt);
    }

    public Task StartAsync(int? port, IProgressSink sink, CancellationToken cancellationToken) => cluster.StartAsync(sink, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => cluster.StopAsync(cancellationToken);

    public Task RemoveAsync(CancellationToken cancellationToken) => cluster.RemoveAsync(cancellationToken);
}
