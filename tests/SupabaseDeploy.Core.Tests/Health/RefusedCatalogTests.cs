using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Postgres.Catalog;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Health;

/// <summary>A database of which a role may not read one catalog.</summary>
public sealed class RefusedCatalogTests : IAsyncLifetime
{
    // Stamped, and not read by the reader.
    private const string StampedOnly = "pg_partitioned_table";

    private readonly TemporaryFolder _folder = new();
    private TestDatabase _database = null!;
    private NpgsqlConnection _connection = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _connection = await _database.Administration.OpenAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_cannot_be_stamped_is_recorded_without_a_stamp_and_compared_by_reading()
    {
        await RefuseAsync(StampedOnly);

        NewRecordedSchema measured = (await RecordedSchema.MeasureAsync(_connection, Token))!;
        Finding finding = await SchemaProbe.CheckAsync(Environment, Recorded(measured), _connection, Token);

        Assert.Null(measured.Stamp);
        Assert.Equal(HealthStatus.Healthy, finding.Status);
        Assert.EndsWith("objects are as deployment 1 left them.", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_not_recorded_and_the_comparison_says_what_is_missing()
    {
        NewRecordedSchema measured = (await RecordedSchema.MeasureAsync(_connection, Token))!;
        await RefuseAsync("pg_policy");

        NewRecordedSchema? nothing = await RecordedSchema.MeasureAsync(_connection, Token);
        DeployException error = await Assert.ThrowsAsync<DeployException>(() => SchemaProbe.CheckAsync(Environment, Recorded(measured), _connection, Token));

        Assert.Null(nothing);
        Assert.Equal(ErrorTable.CatalogUnreadable, error.Code);
        Assert.Contains("permission denied for table pg_policy", error.Message, StringComparison.Ordinal);
    }

    private DeploymentEnvironment Environment => new()
    {
        Name = "staging",
        Target = TargetKind.Database,
        Application = "courses",
        Project = new ProjectFolder(_folder.Path),
        MigrationsFolder = _folder.Path,
    };

    private Task RefuseAsync(string catalog) =>
        _connection.ExecuteAsync($"revoke select on pg_catalog.{catalog} from public; set role anon", Token);

    private static RecordedSchema Recorded(NewRecordedSchema schema) =>
        new(1, DateTimeOffset.UnixEpoch, schema.Reader, schema.ServerVersion, schema.History, schema.Fingerprint, schema.Stamp ?? "another stamp");
}
