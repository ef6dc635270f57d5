using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class RolePasswordsTests
{
    [Fact]
    public async Task Statistics_of_statements_hold_no_verifier()
    {
        using var cache = new TemporaryFolder();
        File.SetUnixFileMode(cache.Path, File.GetUnixFileMode(cache.Path) | UnixFileMode.OtherExecute);
        await using var folder = new ClusterFolder();
        // Without a template to copy, so that every password is set on the running server.
        PostgresCluster cluster = folder.At("local", options => options with { Folders = StateFolders.OfThisMachine() with { Cache = Path.Combine(cache.Path, "cache") } });
        await cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);

        await ServiceRoles.EnsurePasswordAsync(cluster.Administration, new Secret("of services"), CancellationToken.None);

        const string recorded = "select count(*) from extensions.pg_stat_statements where query ilike ";
        Assert.Equal(0, await ClusterFolder.QueryAsync<long>(cluster.Application, recorded + "'%SCRAM-SHA-256$%'"));
        Assert.NotEqual(0, await ClusterFolder.QueryAsync<long>(cluster.Application, recorded + "'%create schema%'"));
        Assert.NotEqual(0, await ClusterFolder.QueryAsync<long>(
            cluster.Administration, "select count(*) from pg_authid where rolname in ('postgres', 'authenticator') and rolpassword like 'SCRAM-SHA-256$%'"));
    }
}
