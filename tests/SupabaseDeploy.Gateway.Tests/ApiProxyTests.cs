using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Gateway.Tests;

/// <summary>Requests to services through the gateway, answered by a server that tells what it got.</summary>
public sealed class ApiProxyTests(ApiProxyTests.EchoServices services) : IClassFixture<ApiProxyTests.EchoServices>
{
    private readonly RunningGateway _gateway = services.Gateway;

    [Theory]
    [InlineData("sb_publishable_1", null, "anon.jwt.1")]
    [InlineData("sb_secret_1", null, "service.jwt.1")]
    [InlineData("anon.jwt.1", null, "anon.jwt.1")]
    [InlineData("sb_publishable_1", "sb_publishable_1", "anon.jwt.1")]
    [InlineData("sb_publishable_1", "users.own.token", "users.own.token")]
    [InlineData(null, "sb_secret_1", "service.jwt.1")]
    public async Task A_key_becomes_the_token_it_stands_for(string? apiKey, string? bearer, string expected)
    {
        using JsonDocument seen = await SendAsync("/rest/v1/courses?select=*&id=eq.1", apiKey, bearer);

        Assert.Equal("/courses?select=*&id=eq.1", seen.RootElement.GetProperty("url").GetString());
        Assert.Equal($"Bearer {expected}", seen.RootElement.GetProperty("headers").GetProperty("authorization").GetString());
        Assert.Equal("/rest/v1", seen.RootElement.GetProperty("headers").GetProperty("x-forwarded-prefix").GetString());
    }

    [Theory]
    [InlineData("sb_publishable_1", "Bearer a secret of cron", "Bearer a secret of cron")]
    [InlineData("sb_secret_1", "Basic dXNlcjpwYXNz", "Basic dXNlcjpwYXNz")]
    [InlineData("sb_publishable_1", "Bearer sb_publishable_of_another", "Bearer anon.jwt.1")]
    [InlineData("sb_publishable_1", null, "Bearer anon.jwt.1")]
    [InlineData(null, "Bearer a secret of cron", "Bearer a secret of cron")]
    public async Task Whatever_else_a_caller_identifies_itself_with_reaches_a_function(string? apiKey, string? authorization, string arrived)
    {
        using HttpResponseMessage answer = await _gateway.SendAsync(HttpMethod.Post, "/functions/v1/nightly", request =>
        {
            Identify(request, apiKey, null);
            if (authorization is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }
        });
        using JsonDocument seen = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.Equal(arrived, seen.RootElement.GetProperty("headers").GetProperty("authorization").GetString());
    }

    [Theory]
    [InlineData("/graphql/v1", null, "/rpc/graphql", "graphql_public")]
    [InlineData("/graphql/v1?a=b", "own", "/rpc/graphql?a=b", "own")]
    public async Task GraphQL_is_a_function_of_the_rest_service(string path, string? profile, string arrived, string arrivedProfile)
    {
        using HttpResponseMessage answer = await _gateway.SendAsync(HttpMethod.Post, path, request =>
        {
            Identify(request, "sb_publishable_1", null);
            request.Content = new StringContent("""{ "query": "{ a }" }""");
            if (profile is not null)
            {
                request.Headers.Add("Content-Profile", profile);
            }
        });
        using JsonDocument seen = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.Equal(arrived, seen.RootElement.GetProperty("url").GetString());
        Assert.Equal(arrivedProfile, seen.RootElement.GetProperty("headers").GetProperty("content-profile").GetString());
        Assert.Equal("Bearer anon.jwt.1", seen.RootElement.GetProperty("headers").GetProperty("authorization").GetString());
    }

    [Theory]
    [InlineData("/graphql/v1", null, HttpStatusCode.Unauthorized, "No API key found")]
    [InlineData("/storage-too/v1/x", null, HttpStatusCode.ServiceUnavailable, "Service 'storage' is not available on this machine.")]
    [InlineData("/rest/v1/", null, HttpStatusCode.Unauthorized, "No API key found")]
    [InlineData("/rest/v1/", "sb_secret_of_another", HttpStatusCode.Unauthorized, "Invalid API key")]
    [InlineData("/pg/tables", "sb_publishable_1", HttpStatusCode.Unauthorized, "needs the secret key")]
    [InlineData("/pg/tables", "sb_secret_1", HttpStatusCode.OK, "/tables")]
    [InlineData("/functions/v1/hello", null, HttpStatusCode.OK, "/run/hello")]
    [InlineData("/storage/v1/object", "sb_secret_1", HttpStatusCode.ServiceUnavailable, "Service 'storage' is not available on this machine. Run 'Install-LocalRuntime storage'.")]
    [InlineData("/dead/v1/", null, HttpStatusCode.ServiceUnavailable, "Service 'dead' does not run: it cannot be started")]
    public async Task Whoever_may_not_or_cannot_be_served_is_told_why(string path, string? apiKey, HttpStatusCode status, string said)
    {
        using HttpResponseMessage answer = await _gateway.SendAsync(HttpMethod.Get, path, request => Identify(request, apiKey, null));

        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(said, Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/functions/v1/a%20b/c%2Fd%2520e?x=%2F", "/run/a%20b/c%2Fd%2520e?x=%2F")]
    [InlineData("/functions/v1/https%3A%2F%2Fexample.com", "/run/https%3A%2F%2Fexample.com")]
    [InlineData("/FUNCTIONS/v1/100%25", "/run/100%25")]
    [InlineData("/functions/v1/../../pg/a%2Fb", null)]
    [InlineData("/functions/v1/%2e%2e/%2e%2e/pg/a%2Fb", null)]
    public async Task A_path_arrives_as_it_was_sent_and_leads_to_no_other_service(string path, string? arrived)
    {
        string answer = await RawHttp.GetAsync(_gateway.State.Port, path);

        Assert.Contains(arrived is null ? "401 Unauthorized" : $"\"url\":\"{arrived}\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_is_told_who_asks()
    {
        using JsonDocument seen = await SendAsync("/rest/v1/courses", "sb_publishable_1", null);

        Assert.Equal("127.0.0.1", seen.RootElement.GetProperty("headers").GetProperty("x-forwarded-for").GetString());
    }

    [Fact]
    public async Task A_body_that_is_larger_than_a_server_takes_by_itself_arrives_whole()
    {
        string body = new('x', 32 * 1024 * 1024);
        using HttpResponseMessage answer = await _gateway.SendAsync(HttpMethod.Post, "/functions/v1/big", request => request.Content = new StringContent(body));
        using JsonDocument seen = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.Equal(("POST", body), (seen.RootElement.GetProperty("method").GetString(), seen.RootElement.GetProperty("body").GetString()));
    }

    [Fact]
    public async Task Pages_of_other_origins_may_ask_and_see_refusals_too()
    {
        using HttpResponseMessage preflight = await _gateway.SendAsync(HttpMethod.Options, "/rest/v1/courses", request =>
        {
            request.Headers.Add("Origin", "http://localhost:5000");
            request.Headers.Add("Access-Control-Request-Method", "PATCH");
            request.Headers.Add("Access-Control-Request-Headers", "apikey, x-client-info");
        });
        using HttpResponseMessage refused = await _gateway.SendAsync(HttpMethod.Get, "/rest/v1/courses", request => request.Headers.Add("Origin", "http://localhost:5000"));

        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal("apikey, x-client-info", string.Join(", ", preflight.Headers.GetValues("Access-Control-Allow-Headers")));
        Assert.Contains("PATCH", string.Join(", ", preflight.Headers.GetValues("Access-Control-Allow-Methods")), StringComparison.Ordinal);
        Assert.Equal(["*"], preflight.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal((HttpStatusCode.Unauthorized, "*"), (refused.StatusCode, refused.Headers.GetValues("Access-Control-Allow-Origin").Single()));
    }

    [Fact]
    public async Task A_WebSocket_passes_through_with_the_token_of_its_key_in_the_query()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_gateway.State.Port}/rest/v1/socket?apikey=sb_publishable_1"), CancellationToken.None);
        byte[] buffer = new byte[256];
        WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, CancellationToken.None);

        Assert.Equal("/socket?apikey=anon.jwt.1", Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    [Fact]
    public async Task Requests_are_logged_without_their_query()
    {
        using (await SendAsync("/rest/v1/courses?apikey=sb_publishable_1", "sb_publishable_1", null))
        {
        }

        string log = Path.Combine(Path.GetDirectoryName(_gateway.LogFile)!, "access.log");
        await Wait.UntilAsync(() => File.ReadAllText(log).Contains("200 GET /rest/v1/courses ", StringComparison.Ordinal));
        Assert.DoesNotContain("apikey", await File.ReadAllTextAsync(log), StringComparison.Ordinal);
    }

    private async Task<JsonDocument> SendAsync(string path, string? apiKey, string? bearer)
    {
        using HttpResponseMessage answer = await _gateway.SendAsync(HttpMethod.Get, path, request => Identify(request, apiKey, bearer));
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
    }

    private static void Identify(HttpRequestMessage request, string? apiKey, string? bearer)
    {
        if (apiKey is not null)
        {
            request.Headers.Add("apikey", apiKey);
        }

        if (bearer is not null)
        {
            request.Headers.Add("Authorization", $"Bearer {bearer}");
        }
    }

    /// <summary>A gateway with services that tell what they got, one that never runs and one that is not installed.</summary>
    public sealed class EchoServices : IAsyncLifetime
    {
        private const string Echo = """
            const crypto = require('node:crypto');
            const server = require('node:http').createServer((request, response) => {
              let body = '';
              request.on('data', part => body += part);
              request.on('end', () => {
                response.setHeader('X-Service', 'echo');
                response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
              });
            });
            server.on('upgrade', (request, socket) => {
              const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
              socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
              const text = Buffer.from(request.url);
              socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
            });
            server.listen(Number(process.env.PORT), '127.0.0.1');
            """;

        private static readonly GatewayKeys s_keys = new("sb_publishable_1", new Secret("sb_secret_1"), "anon.jwt.1", new Secret("service.jwt.1"));

        private readonly TemporaryFolder _folder = new();

        public RunningGateway Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            PlannedService rest = Service("rest", "/rest/v1", ServiceAccess.ApiKey) with { Route = new ServiceRoute("/rest/v1") { Further = [new ServiceRoute("/graphql/v1") { RoutedAs = "/rpc/graphql", Headers = new Dictionary<string, string> { ["Content-Profile"] = "graphql_public" } }] } };
            PlannedService functions = Service("functions", "/functions/v1", ServiceAccess.Open) with { Route = new ServiceRoute("/functions/v1") { Access = ServiceAccess.Open, RoutedAs = "/run" } };
            PlannedService meta = Service("meta", "/pg", ServiceAccess.SecretKey);
            PlannedService dead = Service("dead", "/dead/v1", ServiceAccess.Open) with { FileName = "/nowhere/program" };
            Gateway = await RunningGateway.StartAsync(new ServicePlan(
                [rest, functions, meta, dead], [new MissingService("storage", "/storage/v1", "Run 'Install-LocalRuntime storage'.") { FurtherRoutes = ["/storage-too/v1"] }], s_keys));
            await Wait.UntilAsync(async () =>
                GatewayHealth.Parse(await Gateway.Client.GetByteArrayAsync("_gateway/health")).Services
                    .All(service => service.State == (service.Name == "dead" ? ServiceState.GaveUp : ServiceState.Healthy)));
        }

        public ValueTask DisposeAsync()
        {
            Gateway.Dispose();
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }

        private PlannedService Service(string name, string route, ServiceAccess access)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            int port = ((IPEndPoint)listener.LocalEndpoint).Port;
            return new PlannedService
            {
                Name = name,
                FileName = "/usr/bin/env",
                Arguments = ["node", "-e", Echo],
                Environment = new Dictionary<string, string> { ["PORT"] = $"{port}" },
                WorkingFolder = _folder.Path,
                Port = port,
                HealthPath = "/health",
                Route = new ServiceRoute(route) { Access = access },
                LogFile = Path.Combine(_folder.Path, name + ".log"),
            };
        }
    }
}
