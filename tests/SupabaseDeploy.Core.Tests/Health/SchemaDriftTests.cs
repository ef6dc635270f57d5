using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres.Catalog;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Health;

public sealed class SchemaDriftTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task What_was_changed_by_hand_since_a_publish_is_drift_and_gone_when_it_is_undone()
    {
        Assert.StartsWith("No schema is recorded here yet", (await CheckAsync()).Message, StringComparison.Ordinal);
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        HealthCheck before = await CheckAsync();
        await _application.Database("staging").ExecuteAsync("alter table t1 add column byhand text; grant select on t1 to anon; revoke select on t1 from authenticated");
        HealthCheck drifted = await CheckAsync();
        await _application.Database("staging").ExecuteAsync("alter table t1 drop column byhand; grant select on t1 to authenticated");

        Assert.Equal(HealthStatus.Healthy, before.Status);
        Assert.Equal("Nothing was written to the catalog since deployment 1 left it.", before.Message);
        Assert.Equal(HealthStatus.Degraded, drifted.Status);
        Assert.Equal(
            "2 objects are not as deployment 1 left the schema: column public.t1.byhand, privilege table public.t1 to authenticated. See them with 'Compare-Environment staging'.",
            drifted.Message);
        HealthCheck undone = await CheckAsync();
        Assert.Equal(HealthStatus.Healthy, undone.Status);
        Assert.EndsWith("objects are as deployment 1 left them.", undone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drift_is_named_object_by_object()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        await _application.Database("staging").ExecuteAsync("drop table t1");

        EnvironmentDifference difference = Assert.Single((await CompareWithDeployedAsync()).Differences);

        Assert.Equal((CatalogKind.Table, "public.t1", DifferenceSeverity.High), (difference.Kind, difference.Name, difference.Severity));
        Assert.Equal("only in staging as deployed", difference.State);
    }

    [Fact]
    public async Task Migrations_that_were_applied_outside_a_publish_are_no_drift()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        _application.WriteVersion(2);
        DeploymentEnvironment environment = _application.Environment("staging");
        var request = new MigrationRequest { Environment = environment, Database = _application.Database("staging").Application, Folder = environment.MigrationsFolder };
        await new MigrationRunner().ApplyAsync(request, NullProgressSink.Instance, Token);

        HealthCheck check = await CheckAsync();
        DeployException refused = await Assert.ThrowsAsync<DeployException>(CompareWithDeployedAsync);

        Assert.Equal(HealthStatus.Healthy, check.Status);
        Assert.Contains("migrations were applied or taken back since", check.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorTable.NoRecordedSchema, refused.Code);
    }

    [Fact]
    public async Task A_publish_of_pages_alone_does_not_make_drift_disappear_and_one_with_migrations_does()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        await _application.Database("staging").ExecuteAsync("create table byhand (id int)");
        _application.Write("build/web/index.html", "<h1>other pages: ready</h1>");
        await _application.PublishAsync("staging", await _application.ReleaseAsync());
        HealthCheck afterPages = await CheckAsync();
        await _application.PublishAsync("staging", await _application.ReleaseAsync(2));

        Assert.Equal(HealthStatus.Degraded, afterPages.Status);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
    }

    [Fact]
    public void A_catalog_comes_out_of_the_ledger_as_it_went_in()
    {
        var table = new CatalogObject(CatalogKind.Table, "public", "\"ä b\"", "table");
        var catalog = new DatabaseCatalog([new CatalogObject(CatalogKind.Column, "public", "\"ä b\".x", "text\nnot null") { Parents = [table.Key] }, table], 17);

        DatabaseCatalog read = CatalogArchive.Read(CatalogArchive.Write(catalog));

        Assert.Equal((catalog.Fingerprint, 17), (read.Fingerprint, read.ServerVersion));
        Assert.Equal([table.Key], read.Find(CatalogKind.Column, "public", "\"ä b\".x")!.Parents);
    }

    private async Task<HealthCheck> CheckAsync() =>
        (await new HealthChecker(_application.Targets).CheckAsync(_application.Environment("staging"), null, Token)).Checks.Single(check => check.Check == "schema");

    private Task<EnvironmentComparison> CompareWithDeployedAsync()
    {
        DeploymentEnvironment environment = _application.Environment("staging");
        return EnvironmentComparison.RunAsync(
            new EnvironmentSchema(environment, _application.Targets), new DeployedSchema(environment, _application.Targets), NullProgressSink.Instance, Token);
    }
}
