using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>Many empty databases on the shared cluster, owned by role <c>postgres</c>, made quickly.</summary>
public sealed class TestFleet : IAsyncDisposable
{
    private readonly DatabaseAddress _maintenance;

    private TestFleet(DatabaseAddress maintenance, IReadOnlyList<DatabaseAddress> databases)
    {
        _maintenance = maintenance;
        Databases = databases;
    }

    /// <summary>The databases as role <c>postgres</c>; their names end in 00, 01, ….</summary>
    public IReadOnlyList<DatabaseAddress> Databases { get; }

    public static async Task<TestFleet> CreateAsync(int count)
    {
        PostgresCluster cluster = await SharedCluster.GetAsync();
        string name = "fleet_" + Guid.NewGuid().ToString("N")[..10];
        var fleet = new TestFleet(
            cluster.Administration with { Database = "_supabase_deploy" },
            [.. Enumerable.Range(0, count).Select(index => cluster.Application with { Database = $"{name}_{index:00}" })]);
        await fleet.ForAllAsync(database => $"create database {database} owner postgres template template0");
        return fleet;
    }

    /// <summary>Each database as an environment whose migrations are in <paramref name="folder"/>.</summary>
    public IReadOnlyList<DeploymentEnvironment> Environments(string folder) =>
        [.. Databases.Select(database => DeploymentEnvironment.ForDatabase(database, folder))];

    /// <summary>Runs SQL in one of them, as <c>postgres</c>, and gives the first value; null when there is none.</summary>
    public async Task<object?> ExecuteAsync(int index, string sql)
    {
        await using NpgsqlConnection connection = await Databases[index].OpenAsync(CancellationToken.None, "test");
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync() => await ForAllAsync(database => $"drop database if exists {database} with (force)");

    private async Task ForAllAsync(Func<string, string> sql)
    {
        await using NpgsqlConnection connection = await _maintenance.OpenAsync(CancellationToken.None);
        foreach (DatabaseAddress database in Databases)
        {
            await using var command = new NpgsqlCommand(sql(database.Database), connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}
