using Npgsql;
using SupabaseDeploy.Events;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

/// <summary>A folder for clusters whose tests start, break and remove them; all of them are gone after the test.</summary>
internal sealed class ClusterFolder : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<PostgresCluster> _clusters = [];

    public string Path => _folder.Path;

    /// <summary>A cluster object; every call stands for another process.</summary>
    public PostgresCluster At(string name = "local", Func<ClusterOptions, ClusterOptions>? change = null)
    {
        var options = new ClusterOptions { IsThrowAway = true };
        PostgresCluster cluster = PostgresCluster.At(System.IO.Path.Combine(_folder.Path, name), change?.Invoke(options) ?? options);
        _clusters.Add(cluster);
        return cluster;
    }

    public async Task<ClusterState> StartAsync(string name = "local", IProgressSink? sink = null) =>
        await At(name).StartAsync(sink ?? NullProgressSink.Instance, CancellationToken.None);

    public static async Task<T> QueryAsync<T>(DatabaseAddress address, string sql)
    {
        await using NpgsqlConnection connection = await address.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static async Task ExecuteAsync(DatabaseAddress address, string sql)
    {
        await using NpgsqlConnection connection = await address.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PostgresCluster cluster in _clusters)
        {
            await cluster.RemoveAsync(CancellationToken.None);
        }

        _folder.Dispose();
    }
}
