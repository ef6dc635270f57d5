using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>The PostgreSQL cluster of an environment. It keeps its own port.</summary>
internal sealed class DatabaseService(PostgresCluster cluster, Lazy<LocalKeys> keys) : ILocalService
{
    public const string ServiceName = "database";

    private int _told;
    private readonly TaskCompletionSource _created = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => ServiceName;

    /// <summary>Whether the API roles may use new objects in <c>public</c>; null to leave that as it is.</summary>
    public bool? AreNewObjectsGranted { get; init; }

    /// <summary>True when it is elsewhere than <see cref="AddressAsync"/> said: its port was taken when it started.</summary>
    public bool HasMoved => _told != 0 && _told != cluster.Application.Port;

    /// <summary>The database as <c>supabase_admin</c>, once it is known where it is.</summary>
    public DatabaseAddress Administration => cluster.Administration;

    /// <summary>Where the database is; while it is being created, waits until that is known.</summary>
    public async Task<DatabaseAddress> AddressAsync(CancellationToken cancellationToken)
    {
        if ((await cluster.GetStateAsync(cancellationToken).ConfigureAwait(false)).Port == 0)
        {
            await _created.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        DatabaseAddress address = cluster.Application;
        _told = address.Port;
        return address;
    }

    public async Task<LocalService> GetAsync(CancellationToken cancellationToken)
    {
        ClusterState state = await cluster.GetStateAsync(cancellationToken).ConfigureAwait(false);
        return new LocalService(Name, state.IsRunning, state.ProcessId, state.Port, state.Version, state.StartedAt);
    }

    public async Task StartAsync(int? port, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            await cluster.StartAsync(sink, cancellationToken).ConfigureAwait(false);
            await ServiceRoles.EnsurePasswordAsync(
                cluster.Administration, keys.Value.ServicePassword, cancellationToken).ConfigureAwait(false);
            if (AreNewObjectsGranted is { } areGranted)
            {
                await NewObjectGrants.EnsureAsync(cluster.Administration, areGranted, cancellationToken).ConfigureAwait(false);
            }

            _created.TrySetResult();
        }
        catch (Exception e)
        {
            _created.TrySetException(e);
            throw;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => cluster.StopAsync(cancellationToken);

    public Task RemoveAsync(CancellationToken cancellationToken) => cluster.RemoveAsync(cancellationToken);
}
