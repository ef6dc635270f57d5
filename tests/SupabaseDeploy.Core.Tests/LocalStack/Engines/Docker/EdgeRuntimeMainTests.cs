using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>The main service of the edge runtime, run by the real Deno, with a stand-in for what only that runtime has: its workers.</summary>
public sealed class EdgeRuntimeMainTests : IDisposable
{
    private const string Workers = """
        globalThis.EdgeRuntime = { userWorkers: { create: async (options) => {
          if (options.maybeEntrypoint.endsWith("greedy/index.ts")) return { fetch: () => Promise.reject(new Deno.errors.WorkerRequestCancelled("too much")) };
          if (options.maybeEntrypoint.endsWith("broken/index.ts")) throw new Error("cannot be parsed");
          return { fetch: async (request) => Response.json({ ...options, path: new URL(request.url).pathname, body: await request.text() }) };
        } } };
        Deno.errors.WorkerRequestCancelled = class extends Error {};
        const serve = Deno.serve;
        Deno.serve = (handler) => serve({ hostname: "127.0.0.1", port: Number(Deno.env.get("FUNCTIONS_PORT")) }, handler);
        await import(Deno.args[0]);
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly LocalKeys _keys;

    public EdgeRuntimeMainTests() => _keys = LocalKeys.ReadOrCreate(Path.Combine(_folder.Path, "keys.json"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_finds_functions_checks_tokens_and_gives_workers_what_the_embedded_engine_gives_them()
    {
        _folder.Write("functions/.env", "# words\nexport GREETING=\"good\\nmorning\"\nPLAIN=a b # said\nLITERAL='$x'\n");
        _folder.Write("functions/open/index.ts", "");
        _folder.Write("functions/open/deno.json", "{}");
        _folder.Write("functions/closed/index.ts", "");
        _folder.Write("functions/broken/index.ts", "");
        _folder.Write("functions/greedy/index.ts", "");
        int port = LoopbackPort.Choose();
        using var ending = new CancellationTokenSource();
        Task<ProcessResult> running = await StartAsync(port, ending.Token);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        await Wait.UntilAsync(async () => await StatusAsync(client, "_internal/health") == HttpStatusCode.OK);

        using HttpResponseMessage answer = await client.PostAsync(new Uri("open/path?a=1", UriKind.Relative), new StringContent("asked"));
        using JsonDocument open = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Dictionary<string, string?> variables = open.RootElement.GetProperty("envVars").EnumerateArray().ToDictionary(pair => pair[0].GetString()!, pair => pair[1].GetString());

        Assert.Equal(("/open/path", "asked"), (open.RootElement.GetProperty("path").GetString(), open.RootElement.GetProperty("body").GetString()));
        Assert.Equal(Path.Combine(_folder.Path, "functions", "open"), open.RootElement.GetProperty("servicePath").GetString());
        Assert.Equal(Path.Combine(_folder.Path, "functions", "open", "deno.json"), open.RootElement.GetProperty("importMapPath").GetString());
        Assert.Equal(("good\nmorning", "a b", "$x", "http://api-gw:1"), (variables["GREETING"], variables["PLAIN"], variables["LITERAL"], variables["SUPABASE_URL"]));
        Assert.Equal("here", variables["PLACE"]);
        Assert.DoesNotContain("FUNCTIONS_JWT_SECRET", variables.Keys);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "closed"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "closed", _keys.AnonKey));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(client, "none"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(client, "broken"));
        Assert.Equal(546, (int?)await StatusAsync(client, "greedy"));

        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private async Task<Task<ProcessResult>> StartAsync(int port, CancellationToken cancellationToken)
    {
        LocalRuntime deno = await RealRuntimes.InstallAsync("deno");
        string main = Path.Combine(Repository.GatewayFolder, "functions", "edge-runtime", "index.ts");
        var request = new ProcessRequest(
            Directory.EnumerateFiles(deno.Path, "deno", SearchOption.AllDirectories).First(),
            ["run", "--quiet", "--no-config", "--no-lock", "--allow-all", _folder.Write("workers.js", Workers), new Uri(main).AbsoluteUri])
        {
            Environment = new Dictionary<string, string?>
            {
                ["FUNCTIONS_PORT"] = $"{port}",
                ["FUNCTIONS_FOLDER"] = Path.Combine(_folder.Path, "functions"),
                ["FUNCTIONS_SETTINGS"] = """{ "open": { "verifyJwt": false }, "broken": { "verifyJwt": false }, "greedy": { "verifyJwt": false } }""",
                ["FUNCTIONS_PUBLISHED"] = Path.Combine(_folder.Path, "published", "current.json"),
                ["FUNCTIONS_JWT_SECRET"] = _keys.JwtSecret.Reveal(),
                ["SUPABASE_URL"] = "http://api-gw:1",
                ["FUNCTIONS_SECRETS"] = """{ "PLAIN": "the file goes before this", "PLACE": "here" }""",
            },
        };
        return ChildProcess.RunAsync(request, cancellationToken);
    }

    private static async Task<HttpStatusCode?> StatusAsync(HttpClient client, string path, string? token = null)
    {
        using var question = new HttpRequestMessage(HttpMethod.Get, path);
        question.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using HttpResponseMessage answer = await client.SendAsync(question);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
