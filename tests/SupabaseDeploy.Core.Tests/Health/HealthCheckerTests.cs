using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Health;

public sealed class HealthCheckerTests
{
    [Fact]
    public async Task An_unreachable_database_fails_every_database_check_and_throws_nothing()
    {
        var measuredAt = new DateTimeOffset(2026, 11, 22, 23, 0, 0, TimeSpan.Zero);

        DeploymentHealth health = await new HealthChecker(new FixedTarget(), new FakeTimeProvider(measuredAt)).CheckAsync(Sample.Environment(), null, CancellationToken.None);

        Assert.Equal(["database", "writes", "migrations", "schema", "connections", "transactions"], health.Checks.Select(check => check.Check));
        Assert.All(health.Checks, check =>
        {
            Assert.Equal(HealthStatus.Failed, check.Status);
            Assert.Equal(HealthStatus.Failed, check.Overall);
            Assert.Equal(measuredAt, check.MeasuredAt);
            Assert.Equal("staging", check.Environment.Name);
        });
        Assert.StartsWith("Cannot connect to database 'postgres@127.0.0.1:1/courses': ", health.Named("database").Message, StringComparison.Ordinal);
        Assert.Equal("Not measured: the database cannot be connected to.", health.Named("writes").Message);
    }

    [Fact]
    public async Task A_server_that_takes_the_connection_and_says_nothing_holds_nobody_up()
    {
        using var frozen = new TcpListener(IPAddress.Loopback, 0);
        frozen.Start();
        var target = new FixedTarget
        {
            Database = () => new DatabaseAddress { Host = "127.0.0.1", Port = ((IPEndPoint)frozen.LocalEndpoint).Port, Database = "courses", User = "postgres" },
        };
        DeploymentEnvironment environment = Sample.Environment() with { Health = new HealthSettings { Timeout = TimeSpan.FromSeconds(1) } };

        HealthCheck database = (await new HealthChecker(target).CheckAsync(environment, null, CancellationToken.None)).Named("database");

        Assert.Equal((HealthStatus.Failed, "No answer within 1 s."), (database.Status, database.Message));
        Assert.InRange(database.Latency, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_place_that_cannot_be_asked_is_a_failed_check_with_its_reason()
    {
        var target = new FixedTarget { Database = () => throw new DeployException(ErrorTable.DatabaseUnreachable, "Environment 'staging' is not running.") };

        DeploymentHealth health = await new HealthChecker(target).CheckAsync(Sample.Environment(), null, CancellationToken.None);

        Assert.Equal("Environment 'staging' is not running.", health.Named("database").Message);
    }

    [Fact]
    public async Task Cancelling_is_not_a_failed_check()
    {
        await using RawHttpServer silent = RawHttpServer.Silent();
        using var cancellation = new CancellationTokenSource();
        DeploymentEnvironment environment = Sample.Environment(new HttpProbeSettings { Name = "api", Url = silent.Url.ToString() });
        Task<DeploymentHealth> checking = new HealthChecker(new FixedTarget()).CheckAsync(environment, null, cancellation.Token);
        await silent.Asked;

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => checking);
    }

    [Fact]
    public async Task Probes_run_at_the_same_time()
    {
        await using RawHttpServer first = RawHttpServer.Silent();
        await using RawHttpServer second = RawHttpServer.Silent();
        using var cancellation = new CancellationTokenSource();
        DeploymentEnvironment environment = Sample.Environment(
            new HttpProbeSettings { Name = "first", Url = first.Url.ToString() },
            new HttpProbeSettings { Name = "second", Url = second.Url.ToString() });

        Task<DeploymentHealth> checking = new HealthChecker(new FixedTarget()).CheckAsync(environment, null, cancellation.Token);

        await Task.WhenAll(first.Asked, second.Asked); // Neither has answered: one after the other, the second would not be asked.
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => checking);
    }

    [Fact]
    public async Task The_web_root_must_serve_the_expected_release()
    {
        Release release = Sample.Release(hasWeb: true);

        HealthCheck right = await WebAsync(release.Id, release);
        HealthCheck wrong = await WebAsync(new string('c', 64), release);
        HealthCheck none = await WebAsync(null, release);

        Assert.Equal((HealthStatus.Healthy, "Release aaaaaaaaaaaa is served."), (right.Status, right.Message));
        Assert.Equal((HealthStatus.Failed, "Release cccccccccccc is served. Expected release aaaaaaaaaaaa."), (wrong.Status, wrong.Message));
        Assert.Equal((HealthStatus.Failed, "No release is served. Expected release aaaaaaaaaaaa."), (none.Status, none.Message));
    }

    [Fact]
    public async Task Serving_nothing_is_right_for_a_release_without_a_web_bundle()
    {
        Assert.Equal(HealthStatus.Healthy, (await WebAsync(null, Sample.Release(hasWeb: false))).Status);
        Assert.Equal(HealthStatus.Failed, (await WebAsync(new string('c', 64), Sample.Release(hasWeb: false))).Status);
    }

    [Fact]
    public async Task A_release_with_a_web_bundle_fails_where_no_web_root_runs()
    {
        DeploymentHealth health = await new HealthChecker(new FixedTarget()).CheckAsync(Sample.Environment(), Sample.Release(hasWeb: true), CancellationToken.None);

        Assert.Equal(HealthStatus.Failed, health.Named("web").Status);
    }

    [Fact]
    public async Task A_web_root_that_cannot_be_asked_fails_with_the_reason()
    {
        var target = new FixedTarget { WebUrl = new Uri("http://127.0.0.1:1/"), ServedRelease = () => throw new HttpRequestException("Connection refused") };

        DeploymentHealth health = await new HealthChecker(target).CheckAsync(Sample.Environment(), Sample.Release(hasWeb: true), CancellationToken.None);

        Assert.Equal((HealthStatus.Failed, "Connection refused"), (health.Named("web").Status, health.Named("web").Message));
    }

    [Fact]
    public async Task Waiting_goes_on_until_the_time_is_over_and_tells_what_is_still_bad()
    {
        var time = new FakeTimeProvider();
        var sink = new ProgressWatch();
        Task<DeploymentHealth> waiting = new HealthChecker(new FixedTarget(), time)
            .WaitAsync(Sample.Environment(), null, HealthStatus.Healthy, TimeSpan.FromSeconds(3), sink, CancellationToken.None);

        Assert.Equal("Waiting for database, writes, migrations, schema, connections, transactions", (await sink.First).Status);
        await Wait.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            return waiting.IsCompleted;
        });

        Assert.Equal(HealthStatus.Failed, (await waiting).Status);
        Assert.Contains(sink.Events, told => told is Detail { Message: "staging writes is Failed: Not measured: the database cannot be connected to." });
        Assert.IsType<ActivityCompleted>(sink.Events.Last());
    }

    [Fact]
    public async Task Waiting_for_no_time_measures_once()
    {
        var sink = new CollectingSink();

        DeploymentHealth health = await new HealthChecker(new FixedTarget())
            .WaitAsync(Sample.Environment(), null, HealthStatus.Healthy, TimeSpan.Zero, sink, CancellationToken.None);

        Assert.Equal(HealthStatus.Failed, health.Status);
        Assert.Empty(sink.Events.OfType<ActivityProgress>());
    }

    public static TheoryData<ErrorCode, bool> Refusals => new()
    {
        { ErrorTable.ApiRateLimited, false },
        { ErrorTable.ApiUnavailable, false },
        { ErrorTable.ApiTokenRefused, false },
        { ErrorTable.ApiForbidden, false },
        { ErrorTable.ApiPlanLimit, false },
        { ErrorTable.ApiNotFound, true },
        { ErrorTable.LocalStackNotRunning, true },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_platform_that_refuses_us_says_nothing_of_the_application(ErrorCode code, bool isAnswered)
    {
        var target = new FixedTarget { WebUrl = new Uri("http://127.0.0.1:1/"), ServedRelease = () => throw new DeployException(code, "No.") };

        DeploymentHealth health = await new HealthChecker(target).CheckAsync(Sample.Environment(), Sample.Release(hasWeb: true), CancellationToken.None);

        Assert.Equal((HealthStatus.Failed, isAnswered), (health.Named("web").Status, health.Named("web").IsAnswered));
    }

    private static async Task<HealthCheck> WebAsync(string? served, Release release)
    {
        var target = new FixedTarget { WebUrl = new Uri("http://127.0.0.1:1/"), ServedRelease = () => served };
        return (await new HealthChecker(target).CheckAsync(Sample.Environment(), release, CancellationToken.None)).Named("web");
    }
}
