using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Postgres.Catalog;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>A local environment whose database runs, with a migration and a seed, and a snapshot cache of one's own.</summary>
internal sealed class ResetProject : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _cache = new();

    private ResetProject()
    {
        var options = new ClusterOptions { Folders = StateFolders.OfThisMachine() with { Snapshots = Path.Combine(_cache.Path, "snapshots") } };
        Resetter = new LocalStackResetter(options) { Shadows = new ShadowDatabases(options) { Limit = SnapshotLimit.Default, WorthKeeping = TimeSpan.Zero } };
        Environment = new DeploymentEnvironment
        {
            Name = "local",
            Target = TargetKind.Local,
            Application = "courses",
            Project = new ProjectFolder(_folder.Path),
            MigrationsFolder = Path.Combine(_folder.Path, "supabase", "migrations"),
        };
        Cluster = PostgresCluster.At(Environment.Project.EnvironmentFolder("local"), options);
        Request = new ResetRequest { Environment = Environment };
    }

    public LocalStackResetter Resetter { get; }

    public DeploymentEnvironment Environment { get; }

    public ResetRequest Request { get; }

    public PostgresCluster Cluster { get; }

    public DatabaseAddress Database => Cluster.Application;

    public static async Task<ResetProject> StartAsync()
    {
        var project = new ResetProject();
        project.Write("migrations/1_courses.sql", "create role course_reader nologin; create table courses (id int primary key, name text);");
        project.Write("seed.sql", "insert into courses values (1, 'Algebra');");
        await project.Cluster.StartAsync(NullProgressSink.Instance, CancellationToken.None);
        return project;
    }

    public void Write(string path, string content) => _folder.Write(Path.Combine("supabase", path), content);

    public Task<LocalStackReset> ResetAsync(IProgressSink? sink = null, CancellationToken cancellationToken = default) =>
        Resetter.ResetAsync(Request, sink ?? NullProgressSink.Instance, cancellationToken);

    public Task<MigrationRun> MigrateAsync() => new MigrationRunner().ApplyAsync(
        new MigrationRequest { Environment = Environment, Database = Database, Folder = Environment.MigrationsFolder, IncludeSeed = true },
        NullProgressSink.Instance,
        CancellationToken.None);

    public async Task<T> QueryAsync<T>(string sql) => await ClusterQuery<T>(Database, sql);

    public async Task ExecuteAsync(string sql, DatabaseAddress? database = null)
    {
        await using NpgsqlConnection connection = await (database ?? Database).OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public Task<IReadOnlyList<Deployment>> LedgerAsync() => new Ledger(Environment, Database).GetDeploymentsAsync(CancellationToken.None);

    public Task<string> RecordedFingerprintAsync() => QueryAsync<string>("select fingerprint from supabase_deploy.recorded_schema");

    public async Task<string> FingerprintAsync()
    {
        await using NpgsqlConnection connection = await Database.OpenAsync(CancellationToken.None);
        return (await CatalogReader.ReadAsync(connection, CancellationToken.None)).Fingerprint;
    }

    /// <summary>What is beside the data in the server's home, and what resets have left in the environment's folder.</summary>
    public IReadOnlyList<string> Leftovers()
    {
        string home = Path.GetDirectoryName(Cluster.GetStateAsync(CancellationToken.None).Result.DataFolder!)!;
        string resets = Path.Combine(Cluster.PointerFolder, "reset");
        return
        [
            .. Directory.GetDirectories(home).Where(folder => Path.GetFileName(folder).StartsWith("data.", StringComparison.Ordinal)),
            .. Directory.Exists(resets) ? Directory.GetFileSystemEntries(resets) : [],
        ];
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.RemoveAsync(CancellationToken.None);
        _folder.Dispose();
        _cache.Dispose();
    }

    private static async Task<T> ClusterQuery<T>(DatabaseAddress database, string sql)
    {
        await using NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
