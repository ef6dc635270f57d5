using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>A migrations folder and a database of one test's own.</summary>
public abstract class MigrationTest : IAsyncLifetime
{
    protected TemporaryFolder Folder { get; } = new();

    protected CollectingSink Sink { get; } = new();

    protected TestDatabase Database { get; private set; } = null!;

    protected MigrationRequest Request => new()
    {
        Environment = DeploymentEnvironment.ForDatabase(Database.Application, Folder.Path),
        Database = Database.Application,
        Folder = Folder.Path,
    };

    public async ValueTask InitializeAsync() => Database = await TestDatabase.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        Folder.Dispose();
        await Database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected string Write(string name, string sql) => Folder.Write(name, sql);

    protected Task<MigrationRun> ApplyAsync(CancellationToken cancellationToken = default) =>
        new MigrationRunner().ApplyAsync(Request, Sink, cancellationToken);

    protected async Task ExecuteAsync(string sql)
    {
        await using NpgsqlConnection connection = await Database.Application.OpenAsync(default, "test");
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    protected async Task<string[]> QueryAsync(string sql)
    {
        await using NpgsqlConnection connection = await Database.Application.OpenAsync(default, "test");
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await row.ReadAsync())
        {
            values.Add(row.GetString(0));
        }

        return [.. values];
    }

    protected Task UntilAsync(string sql, Func<string[], bool> condition) => Wait.UntilAsync(async () => condition(await QueryAsync(sql)));
}
