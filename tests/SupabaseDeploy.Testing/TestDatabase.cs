using Npgsql;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>A fresh database, prepared as a Supabase project, on a cluster that the tests of this process share.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly PostgresCluster _cluster;

    private TestDatabase(PostgresCluster cluster, string name)
    {
        _cluster = cluster;
        Application = cluster.Application with { Database = name };
        Administration = cluster.Administration with { Database = name };
    }

    /// <summary>The database as role <c>postgres</c>.</summary>
    public DatabaseAddress Application { get; }

    /// <summary>The database as superuser <c>supabase_admin</c>.</summary>
    public DatabaseAddress Administration { get; }

    /// <summary>The programs of the server's version.</summary>
    public PostgresInstallation Installation => _cluster.Installation;

    public static async Task<TestDatabase> CreateAsync()
    {
        PostgresCluster cluster = await SharedCluster.GetAsync();
        var database = new TestDatabase(cluster, "test_" + Guid.NewGuid().ToString("N")[..12]);
        // Nobody ever connects to database postgres of the shared cluster, so that it can be a template at any time.
        await ExecuteAsync(cluster.Administration with { Database = "_supabase_deploy" }, $"create database {database.Application.Database} template postgres");
        await using NpgsqlConnection connection = await database.Administration.OpenAsync(CancellationToken.None);
        await Bootstrap.ApplyDatabaseSettingsAsync(connection, CancellationToken.None);
        return database;
    }

    public async ValueTask DisposeAsync() =>
        await ExecuteAsync(Administration with { Database = "_supabase_deploy" }, $"drop database if exists {Application.Database} with (force)");

    /// <summary>Runs SQL as <c>postgres</c>.</summary>
    public Task ExecuteAsync(string sql) => ExecuteAsync(Application, sql);

    /// <summary>The first value of a query, as <c>postgres</c>.</summary>
    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using NpgsqlConnection connection = await Application.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Runs a program of the server's version, such as <c>pg_dump</c>, to its end, with the administrator's password.</summary>
    public async Task RunAsync(string program, IReadOnlyList<string> arguments)
    {
        ProcessRequest request = Installation.Request(program, arguments);
        request = request with { Environment = new Dictionary<string, string?>([.. request.Environment, .. DumpCommands.Environment(Administration)]) };
        (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request);
    }

    private static async Task ExecuteAsync(DatabaseAddress address, string sql)
    {
        await using NpgsqlConnection connection = await address.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
