using System.Net;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Gateway.Tests;

/// <summary>A service that something else runs, as a container.</summary>
public sealed class AttachedServiceTests : IDisposable
{
    private readonly int _port = LoopbackPort.Choose();
    private readonly HttpListener _service = new();

    public AttachedServiceTests()
    {
        _service.Prefixes.Add($"http://*:{_port}/");
        _service.Start();
        _ = AnswerAsync();
    }

    public void Dispose() => _service.Close();

    [Fact]
    public async Task It_is_asked_for_its_health_with_its_token_and_reached_under_the_host_and_paths_that_it_knows()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync(Plan());
        await HealthAsync(gateway, ServiceState.Healthy);

        Assert.Equal("realtime-dev.inside /socket/websocket?v=1", await gateway.Client.GetStringAsync("realtime/v1/websocket?v=1"));
        Assert.Equal("realtime-dev.inside /api/broadcast", await gateway.Client.GetStringAsync("realtime/v1/api/broadcast"));

        _service.Stop();
        await HealthAsync(gateway, ServiceState.Unhealthy);
    }

    [Fact]
    public async Task The_gateway_listens_on_the_addresses_where_containers_reach_it()
    {
        int port = LoopbackPort.Choose();
        using RunningGateway gateway = RunningGateway.Launch(port, plan: Plan() with { Addresses = ["127.0.0.2"] });
        await Wait.UntilAsync(() => File.Exists(gateway.StateFile));

        using HttpResponseMessage answer = await gateway.Client.GetAsync(new Uri($"http://127.0.0.2:{port}/_gateway/health"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static Task HealthAsync(RunningGateway gateway, ServiceState state) => Wait.UntilAsync(async () =>
        GatewayHealth.Parse(await gateway.Client.GetByteArrayAsync("_gateway/health")).Services.Single().State == state);

    private ServicePlan Plan() => new(
        [
            new PlannedService
            {
                Name = "realtime",
                FileName = null,
                Arguments = [],
                Environment = new Dictionary<string, string>(),
                WorkingFolder = "/",
                Port = _port,
                HealthPath = "/api/health",
                HealthToken = "a.b.c",
                Route = new ServiceRoute("/realtime/v1") { RoutedAs = "/socket", OwnPaths = ["/api"], Host = "realtime-dev.inside", Access = ServiceAccess.Open },
                LogFile = "/nowhere",
            },
        ],
        []);

    private async Task AnswerAsync()
    {
        while (_service.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _service.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            HttpListenerRequest request = context.Request;
            bool isRefused = request.RawUrl == "/api/health" && request.Headers["Authorization"] != "Bearer a.b.c";
            context.Response.StatusCode = isRefused ? 403 : 200;
            context.Response.Close(System.Text.Encoding.UTF8.GetBytes($"{request.UserHostName} {request.RawUrl}"), willBlock: false);
        }
    }
}
