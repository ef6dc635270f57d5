using System.Net.WebSockets;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>Services of a stack, played by programs that read the same variables and serve the same health paths.</summary>
public sealed class StackServicesTests
{
    private static readonly string s_rest = StandIn("postgrest");

    [Fact]
    public async Task A_service_whose_program_is_found_runs_with_the_stack_and_is_adopted_with_it()
    {
        await using StackProject project = With(("postgrest", s_rest));
        DeploymentEnvironment environment = project.Environment();

        LocalStackInfo started = await project.StartAsync(environment);
        LocalService rest = Rest(started);
        using JsonDocument answer = await GetAsync(rest.Port, "/anything");
        LocalStackInfo adopted = await project.StartAsync(environment);

        Assert.Equal((LocalStackState.Running, ServiceState.Healthy), (started.State, rest.State));
        Assert.Equal(("authenticator", "public,graphql_public", "1000", "anon"), (Text(answer, "role"), Text(answer, "schemas"), Text(answer, "maxRows"), Text(answer, "anonRole")));
        Assert.Equal(rest.ProcessId, Rest(adopted).ProcessId);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(project.PathOf(environment, "services.json")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(project.PathOf(environment, "keys.json")));

        LocalStackInfo stopped = await project.Stacks.StopAsync(environment, removeData: false, NullProgressSink.Instance, CancellationToken.None);
        Assert.Null(ProcessIdentity.Of(rest.ProcessId!.Value));
        Assert.Equal(LocalStackState.Stopped, stopped.State);

        LocalStackInfo again = await project.StartAsync(environment);
        Assert.Equal(rest.Port, Rest(again).Port);
    }

    [Fact]
    public async Task Auth_gets_the_settings_of_the_configuration_and_is_reached_through_the_gateway()
    {
        await using StackProject project = With(("gotrue", StandIn("gotrue")));
        Directory.CreateDirectory(Path.Combine(project.Root, "supabase"));
        await File.WriteAllTextAsync(
            Path.Combine(project.Root, "supabase", "config.toml"),
            "[auth]\nsite_url = \"https://app.example\"\nadditional_redirect_urls = [\"app://a\", \"app://b\"]\nenable_signup = false\n[auth.email]\nenable_confirmations = true\n");
        LocalStackInfo stack = await project.StartAsync(project.Environment());
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = stack.Url };

        using JsonDocument open = JsonDocument.Parse(await client.GetStringAsync(new Uri("/auth/v1/verify?token=1", UriKind.Relative)));
        using HttpResponseMessage closed = await client.GetAsync(new Uri("/auth/v1/user", UriKind.Relative));

        Assert.Equal(("supabase_auth_admin", "/verify?token=1"), (Text(open, "role"), Text(open, "path")));
        Assert.Equal(("https://app.example", "app://a,app://b", "true", "false"), (Text(open, "siteUrl"), Text(open, "redirects"), Text(open, "disableSignup"), Text(open, "autoConfirm")));
        Assert.Equal(new Uri(stack.Url!, "/auth/v1").AbsoluteUri, Text(open, "externalUrl"));
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, closed.StatusCode);
    }

    [Fact]
    public async Task Mail_is_caught_where_Auth_is_told_to_send_it()
    {
        await using StackProject project = With(("mailpit", StandIn("mailpit")), ("gotrue", StandIn("gotrue")));
        LocalStackInfo stack = await project.StartAsync(project.Environment());
        LocalService mail = stack.Services.Single(service => service.Name == "mail");
        LocalService auth = stack.Services.Single(service => service.Name == "auth");

        using JsonDocument told = await GetAsync(auth.Port, "/settings");
        using JsonDocument caught = await GetAsync(mail.Port, "/");

        Assert.Equal((LocalStackState.Running, ServiceState.Healthy, true), (stack.State, mail.State, mail.IsOptional));
        Assert.Equal($"127.0.0.1:{Text(told, "smtpPort")}", Text(caught, "smtp"));
        Assert.Equal(($"{stack.Url}auth/v1", new Uri($"http://127.0.0.1:{mail.Port}/")), (auth.Url?.AbsoluteUri, mail.Url));
    }

    [Fact]
    public async Task Storage_realtime_and_studio_run_where_their_programs_are_and_are_reached_through_the_gateway()
    {
        await using StackProject project = With(
            ("supabase-storage", StandIn("supabase-storage")), ("supabase-realtime", StandIn("supabase-realtime")), ("supabase-studio", StandIn("supabase-studio")));
        LocalStackInfo stack = await project.StartAsync(project.Environment());
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = stack.Url };

        Assert.All(stack.Services, service => Assert.Equal((service.Name, ServiceState.Healthy), (service.Name, service.State)));
        using JsonDocument storage = JsonDocument.Parse(await client.GetStringAsync(new Uri("/storage/v1/object/public/a/b.txt", UriKind.Relative)));
        Assert.Equal(("/object/public/a/b.txt", "supabase_storage_admin"), (Text(storage, "path"), Text(storage, "role")));

        using var question = new HttpRequestMessage(HttpMethod.Post, new Uri("/realtime/v1/api/broadcast", UriKind.Relative));
        question.Headers.Add("apikey", stack.Keys!.PublishableKey);
        using HttpResponseMessage answer = await client.SendAsync(question);
        using JsonDocument broadcast = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(("/api/broadcast", "realtime-dev", "supabase_admin"), (Text(broadcast, "path"), Text(broadcast, "tenant"), Text(broadcast, "user")));

        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(
            new Uri($"ws://127.0.0.1:{stack.Url!.Port}/realtime/v1/websocket?vsn=1.0.0&apikey={stack.Keys.PublishableKey}"), CancellationToken.None);
        var buffer = new byte[4096];
        WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, CancellationToken.None);
        using JsonDocument connected = JsonDocument.Parse(buffer.AsMemory(0, received.Count));
        Assert.Equal(($"/socket/websocket?vsn=1.0.0&apikey={stack.Keys.AnonKey}", "realtime-dev"), (Text(connected, "path"), Text(connected, "tenant")));

        LocalService studio = stack.Services.Single(service => service.Name == "studio");
        using JsonDocument page = await GetAsync(studio.Port, "/");
        Assert.Equal(stack.Url.AbsoluteUri.TrimEnd('/'), Text(page, "url"));
    }

    [Fact]
    public async Task An_optional_service_that_cannot_live_is_given_up_with_its_last_words_and_the_stack_runs()
    {
        using var folder = new TemporaryFolder();
        string broken = folder.Write("mailpit", "#!/bin/sh\necho 'no mailbox' >&2\nexit 7\n");
        File.SetUnixFileMode(broken, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using StackProject project = With(("mailpit", broken));

        LocalStackInfo stack = await project.StartAsync(project.Environment());

        LocalService mail = stack.Services.Single(service => service.Name == "mail");
        Assert.Equal((LocalStackState.Running, ServiceState.GaveUp, "it ended with exit code 7"), (stack.State, mail.State, mail.LastFailure));
        Assert.Contains("no mailbox", mail.LastWords, StringComparison.Ordinal);
        Assert.DoesNotContain("no mailbox", await File.ReadAllTextAsync(project.PathOf(project.Environment(), "stack.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_without_a_program_answers_503_with_the_way_to_get_it()
    {
        await using StackProject project = With();
        LocalStackInfo stack = await project.StartAsync(project.Environment());
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = stack.Url };

        using HttpResponseMessage answer = await client.GetAsync(new Uri("/storage/v1/bucket", UriKind.Relative));
        using JsonDocument body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("'storage' is not available on this machine", Text(body, "message"), StringComparison.Ordinal);
        Assert.Contains("Start-LocalStack -Engine Docker", Text(body, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_chosen_services_run_until_others_are_chosen()
    {
        await using StackProject project = With(("postgrest", s_rest), ("mailpit", StandIn("mailpit")));
        DeploymentEnvironment environment = project.Environment();

        LocalStackInfo all = await StartAsync(project, environment, null);
        LocalStackInfo few = await StartAsync(project, environment, ["db", "rest"]);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = few.Url };
        using HttpResponseMessage notChosen = await client.GetAsync(new Uri("/auth/v1/health", UriKind.Relative));
        LocalStackInfo only = await StartAsync(project, environment, ["db"]);
        LocalStackInfo kept = await StartAsync(project, environment, null);
        LocalStackInfo again = await StartAsync(project, environment, ["*"]);

        Assert.Equal("database gateway mail rest", NamesOf(all));
        Assert.Equal("database gateway rest", NamesOf(few));
        Assert.Contains("-Service *", await notChosen.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(("database", LocalStackState.Running, null), (NamesOf(only), only.State, only.Url));
        Assert.Null(ProcessIdentity.Of(few.Services[1].ProcessId!.Value));
        Assert.Equal(("database", only.Services[0].ProcessId), (NamesOf(kept), kept.Services[0].ProcessId));
        Assert.Equal(("database gateway mail rest", all.Url), (NamesOf(again), again.Url));
    }

    [Fact]
    public async Task A_chosen_service_whose_program_is_missing_is_a_warning_with_the_way_to_get_it()
    {
        await using StackProject project = With();
        var sink = new CollectingSink();

        await project.Stacks.StartAsync(project.Environment(), LocalStackEngine.Auto, ["rest"], sink, CancellationToken.None);

        Assert.Equal(
            "Service 'rest' was chosen, and its program is not on this machine. Run 'Install-LocalRuntime rest', then 'Start-LocalStack'.",
            Assert.Single(sink.Events.OfType<Caution>()).Message);
    }

    private static Task<LocalStackInfo> StartAsync(StackProject project, DeploymentEnvironment environment, IReadOnlyList<string>? services) =>
        project.Stacks.StartAsync(environment, LocalStackEngine.Auto, services, NullProgressSink.Instance, CancellationToken.None);

    private static string NamesOf(LocalStackInfo stack) => string.Join(' ', stack.Services.Where(service => service.IsRunning).Select(service => service.Name));

    [Fact]
    public async Task A_changed_configuration_reaches_the_services_at_the_next_start()
    {
        await using StackProject project = With(("postgrest", s_rest));
        DeploymentEnvironment environment = project.Environment();
        LocalStackInfo before = await project.StartAsync(environment);
        Directory.CreateDirectory(Path.Combine(project.Root, "supabase"));
        await File.WriteAllTextAsync(Path.Combine(project.Root, "supabase", "config.toml"), "[api]\nmax_rows = 7\nschemas = [\"app\"]\n");

        LocalStackInfo after = await project.StartAsync(environment);

        using JsonDocument answer = await GetAsync(Rest(after).Port, "/");
        Assert.Equal(("7", "app"), (Text(answer, "maxRows"), Text(answer, "schemas")));
        Assert.Equal((before.Url, Rest(before).Port), (after.Url, Rest(after).Port));
    }

    [Fact]
    public async Task Services_sign_in_with_the_stacks_own_password()
    {
        await using StackProject project = With();
        LocalStackInfo stack = await project.StartAsync(project.Environment());

        DatabaseAddress authenticator = stack.Database! with { User = "authenticator", Password = stack.Keys!.ServicePassword };
        await using (await authenticator.OpenAsync(CancellationToken.None))
        {
        }
    }

    [Fact]
    public async Task A_killed_gateway_and_its_services_are_replaced_by_the_next_start()
    {
        await using StackProject project = With(("postgrest", s_rest));
        DeploymentEnvironment environment = project.Environment();
        LocalStackInfo before = await project.StartAsync(environment);
        await StackProject.KillAsync(before, "gateway");

        LocalStackInfo after = await project.StartAsync(environment);

        Assert.Null(ProcessIdentity.Of(Rest(before).ProcessId!.Value));
        Assert.Equal((LocalStackState.Running, ServiceState.Healthy), (after.State, Rest(after).State));
        Assert.Equal(Rest(before).Port, Rest(after).Port);
    }

    [Fact]
    public async Task A_service_that_does_not_start_is_an_error_with_its_last_words_and_nothing_is_left_running()
    {
        using var folder = new TemporaryFolder();
        string broken = folder.Write("postgrest", "#!/bin/sh\necho 'FATAL: no config' >&2\nexit 7\n");
        File.SetUnixFileMode(broken, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using StackProject project = With(("postgrest", broken));
        DeploymentEnvironment environment = project.Environment();

        DeployException error = await Assert.ThrowsAsync<DeployException>(() => project.StartAsync(environment));

        Assert.Equal(ErrorTable.ServiceStartFailed, error.Code);
        Assert.Contains("'rest'", error.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 7", error.Message, StringComparison.Ordinal);
        Assert.Contains("FATAL: no config", error.Message, StringComparison.Ordinal);
        LocalStackInfo info = await project.Stacks.GetAsync(environment, CancellationToken.None);
        Assert.Equal(LocalStackState.Stopped, info.State);
    }

    private static StackProject With(params (string Name, string File)[] programs)
    {
        Dictionary<string, string> found = programs.ToDictionary(program => program.Name, program => program.File);
        return new StackProject { Stacks = new LocalStacks(gatewayFolder: Repository.GatewayFolder) { FindProgram = found.GetValueOrDefault } };
    }

    private static string StandIn(string program) => Path.Combine(Repository.Root, "tests", "stand-ins", program);

    private static LocalService Rest(LocalStackInfo info) => info.Services.Single(service => service.Name == "rest");

    private static string? Text(JsonDocument answer, string name) => answer.RootElement.GetProperty(name).GetString();

    private static async Task<JsonDocument> GetAsync(int port, string path)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        return JsonDocument.Parse(await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}{path}")));
    }
}
