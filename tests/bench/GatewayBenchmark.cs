using System.Diagnostics;
using System.Globalization;
using SupabaseDeploy.Environments;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>
/// The gateway before a service that answers at once with a row of JSON, beside nginx before the same one: as a plain <c>proxy_pass</c>,
/// which connects anew for each request, and told to keep its connections. The gateway checks the API key and exchanges it, too.
/// </summary>
internal static class GatewayBenchmark
{
    private const int Rounds = 5;
    private const int Seconds = 4;
    private const string Key = "sb_publishable_bench";
    private const string Path = "/rest/v1/courses";

    public static async Task RunAsync()
    {
        using var folder = new TemporaryFolder();
        (int service, int plain, int kept) = (LoopbackPort.Choose(), LoopbackPort.Choose(), LoopbackPort.Choose());
        await using NginxServer upstream = await NginxServer.StartAsync(
            folder,
            "service",
            $$"""
            access_log off;
            keepalive_requests 1000000000;
            server { listen 127.0.0.1:{{service}}; location / { default_type application/json; return 200 '[{"id":1,"title":"Algebra","created_at":"2026-01-01T00:00:00Z"}]'; } }
            """);
        await using NginxServer proxy = await NginxServer.StartAsync(
            folder,
            "proxy",
            $$"""
            server { listen 127.0.0.1:{{plain}}; location /rest/v1/ { proxy_pass http://127.0.0.1:{{service}}/; } }
            upstream rest { server 127.0.0.1:{{service}}; keepalive 64; }
            server { listen 127.0.0.1:{{kept}}; location /rest/v1/ { proxy_pass http://rest/; proxy_http_version 1.1; proxy_set_header Connection ""; } }
            """);
        using Process gateway = Start(folder, service);
        try
        {
            string state = System.IO.Path.Combine(folder.Path, "gateway.json");
            await Wait.UntilAsync(() => gateway.HasExited || File.Exists(state));
            string[] urls = [.. ((int[])[GatewayState.Read(state)!.Port, plain, kept]).Select(port => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}{Path}"))];
            // Until the compiler has seen what is used most.
            await HttpLoad.RunAsync(folder, urls[0], Key, seconds: 10);
            HttpLoad[][] loads = [.. urls.Select(_ => new HttpLoad[Rounds])];
            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < urls.Length; i++)
                {
                    loads[i][round] = await HttpLoad.RunAsync(folder, urls[i], Key, Seconds);
                }
            }

            Print($"{HttpLoad.Connections} connections: {Describe(loads[0])}");
            Print($"{Ratio(loads[0], loads[1]):0.00} of nginx with proxy_pass alone (aim: 0.8): {Describe(loads[1])}");
            Print($"{Ratio(loads[0], loads[2]):0.00} of nginx that keeps its connections: {Describe(loads[2])}");
        }
        finally
        {
            gateway.Kill();
            await gateway.WaitForExitAsync();
        }
    }

    private static Process Start(TemporaryFolder folder, int service)
    {
        var planned = new PlannedService
        {
            Name = "rest",
            FileName = null,
            Arguments = [],
            Environment = new Dictionary<string, string>(),
            WorkingFolder = folder.Path,
            Port = service,
            HealthPath = "/",
            Route = new ServiceRoute("/rest/v1"),
            LogFile = System.IO.Path.Combine(folder.Path, "rest.log"),
        };
        var plan = new ServicePlan([planned], [], new GatewayKeys(Key, new Secret("sb_secret_bench"), "anon.jwt.bench", new Secret("service.jwt.bench")));
        string File(string name) => System.IO.Path.Combine(folder.Path, name);
        string[] arguments =
        [
            System.IO.Path.Combine(Repository.GatewayFolder, "SupabaseDeploy.Gateway.dll"), "--web-root", File("web"), "--port", "0", "--environment", "local",
            "--state", File("gateway.json"), "--log", File("gateway.log"), "--plan", folder.Write("services.json", plan.ToJson()),
        ];
        return Process.Start(new ProcessStartInfo("dotnet", arguments))!;
    }

    private static double Ratio(HttpLoad[] ours, HttpLoad[] theirs) => Median(ours.Zip(theirs, (mine, other) => mine.PerSecond / other.PerSecond));

    private static string Describe(HttpLoad[] loads) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Median(loads.Select(load => load.PerSecond)):0} requests/s, median {Median(loads.Select(load => load.Median.TotalMilliseconds)):0.0} ms, p99 {Median(loads.Select(load => load.Percentile99.TotalMilliseconds)):0} ms, {loads.Sum(load => load.Failures)} failures");

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static void Print(FormattableString line) => Console.WriteLine("LocalStack.Gateway | " + line.ToString(CultureInfo.InvariantCulture));
}
