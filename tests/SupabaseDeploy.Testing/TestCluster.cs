using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>A whole cluster of one's own, running, for tests that kill servers or swap databases; gone after the test.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private TestCluster() => Cluster = PostgresCluster.At(PointerFolder, new ClusterOptions { IsThrowAway = true });

    public PostgresCluster Cluster { get; }

    public string PointerFolder => Path.Combine(_folder.Path, "environment");

    public DatabaseAddress Application => Cluster.Application;

    public DatabaseAddress Administration => Cluster.Administration;

    public PostgresInstallation Installation => Cluster.Installation;

    public static async Task<TestCluster> CreateAsync()
    {
        var created = new TestCluster();
        try
        {
            await created.Cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
            return created;
        }
        catch
        {
            await created.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.RemoveAsync(CancellationToken.None);
        _folder.Dispose();
    }
}
