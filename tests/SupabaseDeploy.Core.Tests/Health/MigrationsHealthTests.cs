using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Health;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Health;

public sealed class MigrationsHealthTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly CollectingSink _sink = new();
    private TestDatabase _database = null!;

    private DeploymentEnvironment Environment => Sample.Environment() with { MigrationsFolder = _folder.Path };

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _folder.Write("001_first.sql", "create table first (id int)");
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Without_release_and_ledger_pending_files_degrade_until_they_are_applied()
    {
        Assert.Equal((HealthStatus.Degraded, $"1 migration is pending of folder '{_folder.Path}': 001."), await MigrationsAsync(null));

        await ApplyAsync();

        Assert.Equal((HealthStatus.Healthy, $"All 1 migrations of folder '{_folder.Path}' are applied."), await MigrationsAsync(null));
    }

    [Fact]
    public async Task The_release_asked_for_decides()
    {
        await ApplyAsync();

        Assert.Equal(HealthStatus.Healthy, (await MigrationsAsync(Sample.Release(false, "001"))).Status);
        Assert.Equal((HealthStatus.Failed, "1 migration is missing of release aaaaaaaaaaaa: 002."), await MigrationsAsync(Sample.Release(false, "001", "002")));
    }

    [Fact]
    public async Task With_no_release_asked_for_the_ledgers_current_one_decides_also_for_the_web_root()
    {
        await ApplyAsync();
        Release release = Named(Sample.Release(hasWeb: true, "001", "002"));
        await RecordAsync(release);
        var target = new FixedTarget { Database = () => _database.Application, WebUrl = new Uri("http://127.0.0.1:1/") };

        DeploymentHealth health = await new HealthChecker(target).CheckAsync(Environment, null, CancellationToken.None);

        Assert.Equal($"1 migration is missing of release {release}: 002.", health.Named("migrations").Message);
        Assert.Equal($"No release is served. Expected release {release}.", health.Named("web").Message);
    }

    [Fact]
    public async Task Evidence_that_was_changed_behind_the_ledgers_back_is_reported()
    {
        await ApplyAsync();
        Release release = Named(Sample.Release(hasWeb: false, "001"));
        await RecordAsync(release);
        await new Ledger(Environment, _database.Application).RecordEvidenceAsync(
            Evidence.Tests, release, false, "1 failed", DateTimeOffset.UnixEpoch, CancellationToken.None);
        Assert.Equal(HealthStatus.Healthy, (await MigrationsAsync(null)).Status);

        await _database.ExecuteAsync(
            "alter table supabase_deploy.evidence disable trigger user; update supabase_deploy.evidence set passed = true; alter table supabase_deploy.evidence enable trigger user");

        (HealthStatus status, string message) = await MigrationsAsync(null);
        Assert.Equal(HealthStatus.Failed, status);
        Assert.Contains("cannot be believed: row 1", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_the_first_publish_nothing_is_expected_of_the_web_root()
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(404, "no release"));
        await ApplyAsync();
        var target = new FixedTarget { Database = () => _database.Application, WebUrl = server.Url };
        DeploymentEnvironment environment = Sample.Environment(
            new HttpProbeSettings { Name = "home", Url = "/" }, new HttpProbeSettings { Name = "elsewhere", Url = $"{server.Url}other" }) with { MigrationsFolder = _folder.Path };

        DeploymentHealth before = await new HealthChecker(target).CheckAsync(environment, null, CancellationToken.None);
        DeploymentHealth asked = await new HealthChecker(target).CheckAsync(environment, Sample.Release(hasWeb: false, "001"), CancellationToken.None);

        Assert.Equal((HealthStatus.Healthy, "Nothing is published here yet, so nothing is expected of '/'."), (before.Named("home").Status, before.Named("home").Message));
        Assert.Equal(HealthStatus.Failed, before.Named("elsewhere").Status);
        Assert.Equal(HealthStatus.Failed, asked.Named("home").Status);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_read_as_migrations_is_a_failed_check_with_its_reason()
    {
        _folder.Write("001_second.sql", "select 1");

        (HealthStatus status, string message) = await MigrationsAsync(null);

        Assert.Equal(HealthStatus.Failed, status);
        Assert.Contains("001_second.sql", message, StringComparison.Ordinal);
    }

    private async Task<(HealthStatus Status, string Message)> MigrationsAsync(Release? expected)
    {
        var target = new FixedTarget { Database = () => _database.Application };
        HealthCheck check = (await new HealthChecker(target).CheckAsync(Environment, expected, CancellationToken.None)).Named("migrations");
        return (check.Status, check.Message);
    }

    /// <summary>With the id that its manifest gives it, as the ledger reads it back.</summary>
    private static Release Named(Release release) => release with { Id = ReleaseManifest.IdOf(ReleaseManifest.Write(release)) };

    private Task ApplyAsync() => new MigrationRunner().ApplyAsync(
        new MigrationRequest { Environment = Environment, Database = _database.Application, Folder = _folder.Path }, _sink, CancellationToken.None);

    /// <summary>Makes the release the current one, as a publish that succeeded does.</summary>
    private async Task RecordAsync(Release release)
    {
        var ledger = new Ledger(Environment, _database.Application);
        var plan = new DeploymentPlan
        {
            Environment = Environment,
            Kind = DeploymentKind.Publish,
            Release = release,
            PreviousRelease = null,
            Steps = [],
            Rollback = new RollbackPlan(RollbackStrategy.CodeOnly, "Serve none again.", "Nothing."),
        };
        Deployment begun = await ledger.BeginAsync(
            new Deployment
            {
                Id = Guid.NewGuid(),
                Environment = Environment,
                Release = release,
                PreviousRelease = null,
                Kind = DeploymentKind.Publish,
                Status = DeploymentStatus.Running,
                RequestedBy = "a test",
                StartedAt = DateTimeOffset.UnixEpoch,
                Plan = plan,
                Steps = [new DeploymentStep("record", StepStatus.Succeeded, DateTimeOffset.UnixEpoch, TimeSpan.Zero, null)],
            },
            CancellationToken.None);
        await ledger.FinishAsync(begun with { Status = DeploymentStatus.Succeeded, FinishedAt = DateTimeOffset.UnixEpoch }, null, CancellationToken.None);
    }
}
