using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

/// <summary>What migrations of real projects do, each idiom written down here in our own words and applied by the real runner.</summary>
public sealed class RealProjectIdiomsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly CollectingSink _sink = new();
    private TestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Migrations_of_real_projects_apply_one_after_the_other()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "tests", "SupabaseDeploy.Core.Tests", "Postgres", "Extensions", "real-project-idioms")).Order(StringComparer.Ordinal))
        {
            _folder.Write(Path.GetFileName(file), await File.ReadAllTextAsync(file));
        }

        MigrationRun run = await ApplyAsync();

        Assert.Equal(["010", "020", "030", "040", "050", "060", "070", "080", "090", "100"], run.Applied.Select(migration => migration.Version));
        string[] warnings = [.. _sink.Events.OfType<Caution>().Select(caution => caution.Message)];
        Assert.Contains("In the local database, extension pg_cron is a shim, as this PostgreSQL lacks it: jobs are recorded in cron.job, not run.", warnings);
        // Once for each extension, except that one migration drops pg_net and makes it again.
        Assert.Equal(warnings.Length - 1, warnings.Distinct().Count());
        await using Npgsql.NpgsqlConnection connection = await _cluster.Application.OpenAsync(CancellationToken.None);
        Assert.Equal(
            ["pg_cron", "pg_graphql", "pg_net", "pg_tle", "pgjwt", "pgmq", "pgsodium", "supabase_vault", "vector"],
            (await ShimsInUse.ReadAsync(connection, CancellationToken.None)).Select(shim => shim.Name));
    }

    [Fact]
    public async Task An_extension_that_cannot_be_stood_in_for_is_named_before_what_needs_it_fails()
    {
        _folder.Write("001_pgroonga.sql", "create extension pgroonga; create table t (body text); create index on t using pgroonga (body) with (normalizers = 'x');");
        _folder.Write("002_needs_it.sql", "select pgroonga_score(t.tableoid, t.ctid) from t;");

        DeployException failure = await Assert.ThrowsAsync<DeployException>(ApplyAsync);

        Assert.Contains("'002_needs_it.sql' failed at line 1", failure.Message, StringComparison.Ordinal);
        Assert.Equal(
            [
                "In the local database, extension pgroonga was skipped: this PostgreSQL lacks it; it needs a library that the server loads, and what uses it fails.",
                "In the local database, an index was left out: this PostgreSQL has no access method pgroonga.",
            ],
            _sink.Events.OfType<Caution>().Select(caution => caution.Message));
    }

    private Task<MigrationRun> ApplyAsync() => new MigrationRunner().ApplyAsync(
        new MigrationRequest { Environment = DeploymentEnvironment.ForDatabase(_cluster.Application, _folder.Path), Database = _cluster.Application, Folder = _folder.Path },
        _sink,
        CancellationToken.None);
}
