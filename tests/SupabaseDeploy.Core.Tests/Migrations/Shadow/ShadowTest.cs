using Npgsql;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>A migrations folder, and a cache of one's own, in which nothing is found that another test made.</summary>
public abstract class ShadowTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _cache = new();

    protected ShadowTest()
    {
        // The clusters' template is not what is tested: the machine's own is used.
        Folders = StateFolders.OfThisMachine() with { Snapshots = Path.Combine(_cache.Path, "snapshots"), Shadows = Path.Combine(_cache.Path, "shadows") };
        Shadows = With(SnapshotLimit.Default);
    }

    protected StateFolders Folders { get; }

    protected ShadowDatabases Shadows { get; }

    protected CollectingSink Sink { get; } = new();

    protected string MigrationsFolder => Path.Combine(_folder.Path, "migrations");

    protected IReadOnlyList<MigrationFile> Files => MigrationFolder.Read(MigrationsFolder, NullProgressSink.Instance);

    protected void Write(string name, string sql) => _folder.Write(Path.Combine("migrations", name), sql);

    /// <summary>Keeps snapshots of the smallest chains too.</summary>
    protected ShadowDatabases With(long limit) =>
        new(new ClusterOptions { Folders = Folders }) { Limit = limit, WorthKeeping = TimeSpan.Zero };

    protected IReadOnlyList<string> Snapshots => Directory.Exists(Folders.Snapshots) ? Directory.GetDirectories(Folders.Snapshots) : [];

    protected Task<ShadowDatabase> OpenAsync() => Shadows.OpenAsync(Files, Sink, CancellationToken.None);

    protected static async Task<IReadOnlyList<string>> QueryAsync(DatabaseAddress database, string sql)
    {
        await using NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    public void Dispose()
    {
        _cache.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
