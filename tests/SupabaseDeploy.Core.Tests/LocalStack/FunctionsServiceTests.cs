using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>Edge functions, served by the real Deno behind the gateway.</summary>
public sealed class FunctionsServiceTests
{
    private const string Configuration = """
        [functions.open]
        verify_jwt = false
        [functions.thrower]
        verify_jwt = false
        [functions.crasher]
        verify_jwt = false
        [functions.broken]
        verify_jwt = false
        [functions.waiter]
        verify_jwt = false
        [functions.background]
        verify_jwt = false
        [functions.socket]
        verify_jwt = false
        [functions.off]
        enabled = false
        [functions.elsewhere]
        verify_jwt = false
        entrypoint = "./other/start.ts"
        import_map = "./other/map.json"
        [edge_runtime.secrets]
        GREETING = "the file goes before this"
        PLACE = "here"
        SUPABASE_URL = "the platform keeps that name"
        """;

    [Fact]
    public async Task Functions_are_served_as_on_the_platform_and_do_not_disturb_each_other()
    {
        await using var project = new StackProject { Stacks = await RealRuntimes.StacksAsync("deno") };
        Write(project, "config.toml", Configuration);
        Write(project, "functions/.env", "GREETING=hello\nGREETING=\"good morning\"\n");
        Write(project, "functions/_shared/greet.ts", "export const greet = (name: string) => `hello ${name}`;\n");
        Write(project, "functions/open/index.ts", """
            import { greet } from "../_shared/greet.ts";
            Deno.serve(async (request: Request) => Response.json({
              path: new URL(request.url).pathname, shared: greet(await request.text()), greeting: `${Deno.env.get("GREETING")} ${Deno.env.get("PLACE")}`, url: Deno.env.get("SUPABASE_URL"),
              anon: Deno.env.get("SUPABASE_ANON_KEY"), service: Deno.env.get("SUPABASE_SERVICE_ROLE_KEY"),
              database: Deno.env.get("SUPABASE_DB_URL"), others: Deno.env.get("FUNCTIONS_JWT_SECRET"),
            }));
            """);
        Write(project, "functions/closed/index.ts", "export default { fetch: () => new Response('let in') };\n");
        Write(project, "functions/thrower/index.ts", "Deno.serve(() => { throw new Error('thrown on purpose'); });\n");
        Write(project, "functions/crasher/index.ts", "Deno.serve(() => Deno.exit(3));\n");
        Write(project, "functions/broken/index.ts", "import './not-there.ts';\n");
        WriteWaiter(project, "before");
        Write(project, "functions/background/index.ts", """
            Deno.serve(() => {
              EdgeRuntime.waitUntil(Promise.reject(new Error("failed behind the answer")));
              return new Response(Deno.env.get("DENO_TLS_CA_STORE"));
            });
            """);
        Write(project, "functions/socket/index.ts", """
            Deno.serve((request: Request) => {
              if (request.url.endsWith("/closed")) return new Response("not for you", { status: 401 });
              const asked = `${new URL(request.url).pathname} ${request.headers.get("x-client")}`;
              const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "second" });
              socket.onopen = () => socket.send(asked);
              socket.onmessage = ({ data }) => data === "end" ? socket.close(4001, "as asked") : socket.send(data);
              return response;
            });
            """);
        Write(project, "functions/off/index.ts", "Deno.serve(() => new Response('off'));\n");
        Write(project, "other/map.json", """{ "imports": { "words": "./words.ts" } }""");
        Write(project, "other/words.ts", "export default 'mapped';\n");
        Write(project, "other/start.ts", "import words from 'words'; Deno.serve(() => new Response(words));\n");
        LocalStackInfo stack = await project.StartAsync(project.Environment());
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(stack.Url!, "/functions/v1/") };

        Assert.Equal(ServiceState.Healthy, stack.Services.Single(service => service.Name == "functions").State);
        await ItAnswersWithWhatTheContractGivesIt(client, stack);
        await TokensAreChecked(client, stack);

        Assert.Equal((HttpStatusCode.InternalServerError, "Internal Server Error"), await GetAsync(client, "thrower"));
        Assert.Equal(HttpStatusCode.InternalServerError, (await GetAsync(client, "crasher")).Status);
        (HttpStatusCode status, string said) = await GetAsync(client, "broken");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("not-there.ts", said, StringComparison.Ordinal);
        foreach (string unknown in new[] { "off", "_shared/greet.ts", "nobody" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(client, unknown)).Status);
        }

        Assert.Equal((HttpStatusCode.OK, "mapped"), await GetAsync(client, "elsewhere"));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, "open")).Status);
        await ItsWebSocketIsThatOfTheFunction(stack);
        await AnUpgradeThatTheFunctionRefusesIsAnsweredSo(stack);
        Assert.Equal((HttpStatusCode.OK, "mozilla,system"), await GetAsync(client, "background"));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, "background")).Status);
        string log = project.PathOf(project.Environment(), "log", "functions.log");
        foreach (string line in (string[])["[background] Error: failed behind the answer", "[thrower] Error: thrown on purpose"])
        {
            // An answer does not wait for the log.
            await Wait.UntilAsync(async () => (await File.ReadAllTextAsync(log)).Contains(line, StringComparison.Ordinal));
        }

        await WhatIsAskedBeforeAChangeIsAnswered(project, client);
        Write(project, "functions/_shared/greet.ts", "export const greet = (name: string) => `goodbye ${name}`;\n");
        await Wait.UntilAsync(async () => (await GetAsync(client, "open")).Body.Contains("goodbye", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_published_release_is_served_whatever_the_folder_holds_and_is_switched_at_once()
    {
        await using var project = new StackProject { Stacks = await RealRuntimes.StacksAsync("deno") };
        DeploymentEnvironment environment = project.Environment();
        Directory.CreateDirectory(environment.MigrationsFolder);
        Write(project, "config.toml", "[functions.open]\nverify_jwt = false\n[functions.steady]\nverify_jwt = false\n");
        Write(project, "functions/steady/index.ts", "const life = crypto.randomUUID(); Deno.serve(() => new Response(life));\n");
        WriteWord(project, "folder");
        LocalStackInfo stack = await project.StartAsync(environment);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(stack.Url!, "/functions/v1/") };
        IPlaceFunctions functions = new DeploymentTargets().For(environment).Functions!;
        Assert.Equal("folder", (await GetAsync(client, "open")).Body);

        await PublishAsync("one", 1, "open", "steady");
        string life = (await GetAsync(client, "steady")).Body;
        WriteWord(project, "edited");
        Assert.Equal("one", (await GetAsync(client, "open")).Body);
        await PublishAsync("two", 2, "open");

        Assert.Equal("two", (await GetAsync(client, "open")).Body);
        Assert.Equal(life, (await GetAsync(client, "steady")).Body);
        Assert.Equal(["open"], await functions.GoBackAsync(Deployment(2), NullProgressSink.Instance, CancellationToken.None));
        Assert.Equal("one", (await GetAsync(client, "open")).Body);
        await functions.GoBackAsync(Deployment(1), NullProgressSink.Instance, CancellationToken.None);
        Assert.Equal("two", (await GetAsync(client, "open")).Body);
        Assert.Empty(await functions.GoBackAsync(Deployment(3), NullProgressSink.Instance, CancellationToken.None));

        async Task PublishAsync(string word, int number, params string[] changed)
        {
            WriteWord(project, word);
            Release release = await new ReleaseStore(environment.Project).CreateAsync(
                new ReleaseContent { Application = "courses", MigrationsFolder = environment.MigrationsFolder }, NullProgressSink.Instance, CancellationToken.None);
            await functions.ApplyAsync(new FunctionChange(release, changed, []), Deployment(number), NullProgressSink.Instance, CancellationToken.None);
            Assert.Equal(release.Functions.Select(function => new DeployedFunction(function.Slug, function.Digest)), await functions.ListAsync(CancellationToken.None));
        }

        static Guid Deployment(int number) => new($"00000000-0000-0000-0000-00000000000{number}");
    }

    [Fact]
    public async Task What_a_function_imports_is_got_through_the_machines_proxy()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        string address = $"http://{proxy.LocalEndpoint}";
        await using var project = new StackProject { Stacks = await RealRuntimes.StacksAsync("deno") };
        project.Stacks.Surroundings = new Dictionary<string, string> { ["http_proxy"] = address, ["https_proxy"] = address, ["NPM_CONFIG_REGISTRY"] = "http://registry.invalid/" };
        Write(project, "config.toml", "[functions.open]\nverify_jwt = false\n");
        // Deno keeps what it has read.
        string module = $"http://{Guid.NewGuid():N}.invalid/word.js";
        Write(project, "functions/open/index.ts", $"import word from '{module}'; Deno.serve(() => new Response(`${{word}} ${{Deno.env.get('NPM_CONFIG_REGISTRY')}}`));\n");
        Task<string> asked = AnswerAsync(proxy, "export default 'from far';");
        LocalStackInfo stack = await project.StartAsync(project.Environment());
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(stack.Url!, "/functions/v1/") };

        Assert.Equal((HttpStatusCode.OK, "from far http://registry.invalid/"), await GetAsync(client, "open"));
        Assert.StartsWith($"GET {module} ", await asked, StringComparison.Ordinal);

        static async Task<string> AnswerAsync(TcpListener proxy, string script)
        {
            using TcpClient client = await proxy.AcceptTcpClientAsync();
            await using NetworkStream stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII);
            string first = (await reader.ReadLineAsync())!;
            while (await reader.ReadLineAsync() is { Length: > 0 })
            {
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/javascript\r\nContent-Length: {script.Length}\r\nConnection: close\r\n\r\n{script}"));
            return first;
        }
    }

    private static async Task WhatIsAskedBeforeAChangeIsAnswered(StackProject project, HttpClient client)
    {
        using var awaited = new TcpListener(IPAddress.Loopback, 0);
        awaited.Start();
        Assert.Equal("before", (await GetAsync(client, "waiter")).Body);
        Task<(HttpStatusCode, string)> asked = GetAsync(client, $"waiter?for=http://{awaited.LocalEndpoint}/");
        using TcpClient waiting = await awaited.AcceptTcpClientAsync();

        WriteWaiter(project, "after");
        string log = project.PathOf(project.Environment(), "log", "functions.log");
        await Wait.UntilAsync(async () => (await File.ReadAllTextAsync(log)).Contains("[waiter] changed", StringComparison.Ordinal));
        await waiting.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());

        Assert.Equal((HttpStatusCode.OK, "before"), await asked);
        Assert.Equal((HttpStatusCode.OK, "after"), await GetAsync(client, "waiter"));
    }

    private static void WriteWaiter(StackProject project, string word) => Write(project, "functions/waiter/index.ts", $$"""
        Deno.serve(async (request: Request) => {
          const awaited = new URL(request.url).searchParams.get("for");
          await (awaited && fetch(awaited));
          return new Response("{{word}}");
        });
        """);

    private static void WriteWord(StackProject project, string word) => Write(project, "functions/open/index.ts", $"Deno.serve(() => new Response('{word}'));\n");

    private static async Task ItAnswersWithWhatTheContractGivesIt(HttpClient client, LocalStackInfo stack)
    {
        using var body = new StringContent("you");
        HttpResponseMessage answer = await client.PostAsync(new Uri("open/a/b?c=1", UriKind.Relative), body);
        using JsonDocument given = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        string? Value(string name) => given.RootElement.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

        Assert.Equal(("/open/a/b", "hello you", "good morning here"), (Value("path"), Value("shared"), Value("greeting")));
        Assert.Equal((stack.Url!.AbsoluteUri.TrimEnd('/'), stack.Keys!.AnonKey, stack.Keys.ServiceRoleKey.Reveal()), (Value("url"), Value("anon"), Value("service")));
        Assert.StartsWith("postgresql://postgres:", Value("database"), StringComparison.Ordinal);
        Assert.Null(Value("others"));
    }

    private static async Task AnUpgradeThatTheFunctionRefusesIsAnsweredSo(LocalStackInfo stack)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://{stack.Url!.Authority}/functions/v1/socket/closed"), CancellationToken.None));

        Assert.Equal(HttpStatusCode.BadGateway, socket.HttpStatusCode);
    }

    private static async Task ItsWebSocketIsThatOfTheFunction(LocalStackInfo stack)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("first");
        socket.Options.AddSubProtocol("second");
        socket.Options.SetRequestHeader("X-Client", "test");
        await socket.ConnectAsync(new Uri($"ws://{stack.Url!.Authority}/functions/v1/socket/room"), CancellationToken.None);
        byte[] buffer = new byte[256];

        Assert.Equal("second", socket.SubProtocol);
        Assert.Equal((WebSocketMessageType.Text, "/socket/room test"), await ReceiveAsync());
        await socket.SendAsync(new byte[] { 0, 255 }, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        WebSocketReceiveResult binary = await socket.ReceiveAsync(buffer, CancellationToken.None);
        Assert.Equal((WebSocketMessageType.Binary, 2, (byte)255), (binary.MessageType, binary.Count, buffer[1]));
        await socket.SendAsync("end"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        Assert.Equal((WebSocketMessageType.Close, ""), await ReceiveAsync());
        Assert.Equal((4001, "as asked"), ((int)socket.CloseStatus!, socket.CloseStatusDescription));

        async Task<(WebSocketMessageType, string)> ReceiveAsync()
        {
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, CancellationToken.None);
            return (received.MessageType, Encoding.UTF8.GetString(buffer, 0, received.Count));
        }
    }

    private static async Task TokensAreChecked(HttpClient client, LocalStackInfo stack)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, "closed")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, "closed", "nonsense")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, "closed", Token("another secret", 3600))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, "closed", Token(stack.Keys!.JwtSecret.Reveal(), -10))).Status);
        Assert.Equal((HttpStatusCode.OK, "let in"), await GetAsync(client, "closed", Token(stack.Keys.JwtSecret.Reveal(), 3600)));
        Assert.Equal((HttpStatusCode.OK, "let in"), await GetAsync(client, "closed", stack.Keys.PublishableKey));
    }

    private static void Write(StackProject project, string path, string content)
    {
        string file = Path.Combine(project.Root, "supabase", path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(HttpClient client, string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string Token(string secret, int seconds)
    {
        static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
        string head = Encode("""{"alg":"HS256","typ":"JWT"}"""u8);
        string claims = Encode(Encoding.UTF8.GetBytes($$"""{"role":"authenticated","exp":{{DateTimeOffset.UtcNow.AddSeconds(seconds).ToUnixTimeSeconds()}}}"""));
        return $"{head}.{claims}.{Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes($"{head}.{claims}")))}";
    }
}
