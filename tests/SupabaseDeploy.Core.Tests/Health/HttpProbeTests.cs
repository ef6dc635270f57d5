using System.Text;
using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Health;

namespace SupabaseDeploy.Core.Tests.Health;

public sealed class HttpProbeTests
{
    [Fact]
    public async Task The_expected_status_is_healthy()
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(200, "ok"));

        HealthCheck check = await ProbeAsync(Endpoint(server));

        Assert.Equal(HealthStatus.Healthy, check.Status);
        Assert.StartsWith($"{server.Url} answered 200 in ", check.Message, StringComparison.Ordinal);
        Assert.NotEqual(TimeSpan.Zero, check.Latency);
    }

    [Fact]
    public async Task Another_status_fails_and_both_are_named()
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(503, "down"));

        HealthCheck check = await ProbeAsync(Endpoint(server));

        Assert.Equal(HealthStatus.Failed, check.Status);
        Assert.Equal($"{server.Url} answered 503, expected 200.", check.Message);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_its_target_is_named_without_its_query()
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(302, "", "Location: http://127.0.0.1:1/login?key=secret\r\n"));

        HealthCheck check = await ProbeAsync(Endpoint(server));

        Assert.Equal(HealthStatus.Failed, check.Status);
        Assert.Equal($"{server.Url} answered 302 to 'http://127.0.0.1:1/login' (redirects are not followed), expected 200.", check.Message);
    }

    [Fact]
    public async Task A_redirect_that_is_expected_is_healthy()
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(301, "", "Location: /new\r\n"));

        HealthCheck check = await ProbeAsync(Endpoint(server) with { Status = 301 });

        Assert.Equal(HealthStatus.Healthy, check.Status);
    }

    [Theory]
    [InlineData("\"status\":\\s*\"ok\"", HealthStatus.Healthy)]
    [InlineData("\"status\":\\s*\"fine\"", HealthStatus.Failed)]
    public async Task The_body_must_match_the_expression(string pattern, HealthStatus expected)
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(200, """{"status": "ok"}"""));

        HealthCheck check = await ProbeAsync(Endpoint(server) with { BodyMatches = pattern });

        Assert.Equal(expected, check.Status);
    }

    [Fact]
    public async Task An_expression_that_backtracks_for_ever_fails_and_is_named()
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(200, new string('a', 40) + "!"));

        HealthCheck check = await ProbeAsync(Endpoint(server) with { BodyMatches = "^(a+)+$" });

        Assert.Equal(HealthStatus.Failed, check.Status);
        Assert.Contains("'^(a+)+$' took longer than 1 s", check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expression_that_is_none_fails_and_throws_nothing()
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(200, "ok"));

        HealthCheck check = await ProbeAsync(Endpoint(server) with { BodyMatches = "(" });

        Assert.Equal(HealthStatus.Failed, check.Status);
    }

    [Fact]
    public async Task A_slow_answer_is_degraded()
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(200, "ok"));

        HealthCheck check = await ProbeAsync(Endpoint(server) with { MaxLatency = TimeSpan.FromTicks(1) });

        Assert.Equal(HealthStatus.Degraded, check.Status);
        Assert.Contains("expected at most", check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_port_fails_with_the_reason()
    {
        var server = new RawHttpServer(RawHttpServer.Response(200, "ok"));
        Uri url = server.Url;
        await server.DisposeAsync();

        HealthCheck check = await ProbeAsync(new HttpProbeSettings { Name = "api", Url = url.ToString() });

        Assert.Equal(HealthStatus.Failed, check.Status);
        Assert.StartsWith($"{url} cannot be reached: Connection refused", check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_never_answers_fails_when_the_time_is_over()
    {
        await using RawHttpServer server = RawHttpServer.Silent();
        await AssertTimesOutAsync(server);
    }

    [Fact]
    public async Task A_body_that_never_ends_fails_when_the_time_is_over()
    {
        await using var server = new RawHttpServer(async (stream, token) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal"u8.ToArray(), token);
            await RawHttpServer.Never(token);
        });
        await AssertTimesOutAsync(server);
    }

    [Fact]
    public async Task Of_a_huge_body_only_the_beginning_is_read()
    {
        byte[] block = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));
        long sent = 0;
        await using var server = new RawHttpServer(async (stream, token) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"u8.ToArray(), token);
            while (true)
            {
                await stream.WriteAsync(block, token);
                Interlocked.Add(ref sent, block.Length);
            }
        });

        HealthCheck check = await ProbeAsync(Endpoint(server) with { BodyMatches = "^x+$" });

        Assert.Equal(HealthStatus.Healthy, check.Status);
        Assert.InRange(Interlocked.Read(ref sent), 0, 64 * HttpProbe.BodyLimit);
    }

    [Fact]
    public async Task What_is_not_http_fails()
    {
        await using var server = new RawHttpServer("SSH-2.0-OpenSSH_9.2\r\n");

        HealthCheck check = await ProbeAsync(Endpoint(server));

        Assert.Equal(HealthStatus.Failed, check.Status);
    }

    [Fact]
    public async Task A_relative_url_is_asked_of_the_web_root()
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(200, "ok"));
        var target = new FixedTarget { WebUrl = server.Url };

        HealthCheck check = await ProbeAsync(new HttpProbeSettings { Name = "api", Url = "/health" }, target);

        Assert.Equal(HealthStatus.Healthy, check.Status);
        Assert.StartsWith($"{server.Url}health answered 200", check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relative_url_fails_where_no_web_root_runs()
    {
        HealthCheck check = await ProbeAsync(new HttpProbeSettings { Name = "api", Url = "/health" });

        Assert.Equal(HealthStatus.Failed, check.Status);
        Assert.Equal("'/health' is relative to the environment's web root, and no web root runs.", check.Message);
    }

    [Fact]
    public async Task Keys_in_a_url_are_not_shown()
    {
        await using var server = new RawHttpServer(RawHttpServer.Response(500, ""));

        HealthCheck check = await ProbeAsync(new HttpProbeSettings { Name = "api", Url = $"{server.Url}rest?apikey=secret" });

        Assert.Equal($"{server.Url}rest answered 500, expected 200.", check.Message);
    }

    private static HttpProbeSettings Endpoint(RawHttpServer server) => new() { Name = "api", Url = server.Url.ToString() };

    private static async Task<HealthCheck> ProbeAsync(HttpProbeSettings endpoint, FixedTarget? target = null)
    {
        DeploymentHealth health = await new HealthChecker(target ?? new FixedTarget()).CheckAsync(Sample.Environment(endpoint), null, CancellationToken.None);
        return health.Named("api");
    }

    private static async Task AssertTimesOutAsync(RawHttpServer server)
    {
        var time = new FakeTimeProvider();
        Task<DeploymentHealth> checking = new HealthChecker(new FixedTarget(), time).CheckAsync(Sample.Environment(Endpoint(server)), null, CancellationToken.None);
        await server.Asked;
        time.Advance(TimeSpan.FromSeconds(5));

        HealthCheck check = (await checking).Named("api");

        Assert.Equal(HealthStatus.Failed, check.Status);
        Assert.Equal("No answer within 5 s.", check.Message);
        Assert.Equal(TimeSpan.FromSeconds(5), check.Latency);
    }
}
