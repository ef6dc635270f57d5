using System.Text.Json;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>The Supabase CLI as an engine, played by a program that speaks its protocol.</summary>
public sealed class SupabaseCliEngineTests
{
    [Fact]
    public async Task A_stack_starts_is_adopted_stops_and_is_removed()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        var sink = new CollectingSink();

        LocalStackInfo started = await project.StartAsync(sink: sink);
        LocalStackInfo adopted = await project.StartAsync(LocalStackEngine.Auto);
        LocalStackInfo stopped = await project.StopAsync();
        LocalStackInfo again = await project.StartAsync(LocalStackEngine.Auto);
        LocalStackInfo removed = await project.StopAsync(removeData: true);

        Assert.Equal((LocalStackState.Running, true, LocalStackEngine.SupabaseCli, "it was asked for"), (started.State, started.Changed, started.Engine, started.EngineReason));
        Assert.Equal(["database", "api", "rest", "auth", "realtime", "storage", "gateway"], started.Services.Select(service => service.Name));
        Assert.Equal(("anon.jwt.of-the-cli", "service.jwt.of-the-cli"), (started.Keys!.AnonKey, started.Keys.ServiceRoleKey.Reveal()));
        Assert.Contains(sink.Events, said => said is Detail { Message: "Starting database..." });
        Assert.DoesNotContain(sink.Events, said => $"{said}".Contains("sb_secret", StringComparison.Ordinal));
        Assert.Equal((LocalStackState.Running, false), (adopted.State, adopted.Changed));
        Assert.Equal((LocalStackState.Stopped, true, LocalStackEngine.SupabaseCli), (stopped.State, stopped.Changed, stopped.Engine));
        Assert.Equal((LocalStackEngine.SupabaseCli, started.Url), (again.Engine, again.Url));
        Assert.Equal((LocalStackState.Stopped, null), (removed.State, removed.Database));
        Assert.Equal(["start", "stop", "start", "stop", "stop --no-backup"], project.Calls());
    }

    [Fact]
    public async Task What_an_engine_of_before_keeps_and_cannot_be_asked_for_is_an_error_after_the_rest_was_removed()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        await project.StartAsync();
        await project.StopAsync();
        StackFolder folder = StackFolder.Of(project.Environment);
        await (StackRecord.Read(folder.StackFile)! with { Engine = LocalStackEngine.Embedded, Engines = [LocalStackEngine.SupabaseCli, LocalStackEngine.Embedded] })
            .WriteAsync(folder.StackFile, CancellationToken.None);
        project.Programs.Remove("supabase", out string? program);

        var error = await Assert.ThrowsAsync<DeployException>(() => project.StopAsync(removeData: true));

        Assert.Equal(ErrorTable.EngineDataNotRemoved, error.Code);
        Assert.StartsWith("What engine 'SupabaseCli' may keep of local stack 'local' was not removed, everything else was: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Then run 'Stop-LocalStack local -RemoveData' again.", error.Remedy, StringComparison.Ordinal);
        Assert.Equal([folder.StackFile], Directory.GetFileSystemEntries(folder.Root));

        project.Programs["supabase"] = program!;
        await project.StopAsync(removeData: true);

        Assert.Equal("stop --no-backup", project.Calls()[^1]);
        Assert.False(Directory.Exists(folder.Root));
    }

    [Fact]
    public async Task What_an_embedded_server_is_found_by_is_kept_until_it_was_removed()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        await project.StartAsync();
        await project.StopAsync();
        StackFolder folder = StackFolder.Of(project.Environment);
        await (StackRecord.Read(folder.StackFile)! with { Engines = [LocalStackEngine.SupabaseCli, LocalStackEngine.Embedded] }).WriteAsync(folder.StackFile, CancellationToken.None);
        bool isRoot = !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;
        var files = new ClusterFiles(folder.Root);
        await files.WriteAsync(ClusterPointer.Create(folder.Root, 54321, isRoot ? null : "postgres"), CancellationToken.None);
        await files.WriteAsync(ClusterPasswords.Create(), CancellationToken.None);
        string data = Path.Combine(folder.Root, "postgres", "data", "PG_VERSION");
        Directory.CreateDirectory(Path.GetDirectoryName(data)!);
        await File.WriteAllTextAsync(data, "17");

        var error = await Assert.ThrowsAsync<DeployException>(() => project.StopAsync(removeData: true));

        Assert.Equal(ErrorTable.EngineDataNotRemoved, error.Code);
        Assert.Equal(ErrorTable.ClusterOfOtherUser, Assert.IsType<DeployException>(error.InnerException).Code);
        Assert.Equal(
            ["cluster.json", "cluster.secrets.json", "postgres", "stack.json"],
            Directory.GetFileSystemEntries(folder.Root).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal));
        Assert.True(File.Exists(data));
        Assert.Equal([LocalStackEngine.Embedded], StackRecord.Read(folder.StackFile)!.Engines);

        files.Delete(); // The one whose server it is removed it.
        await project.StopAsync(removeData: true);

        Assert.False(Directory.Exists(folder.Root));
    }

    [Fact]
    public async Task The_gateway_forwards_the_API_as_it_is_asked()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        LocalStackInfo stack = await project.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = stack.Url };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/rest/v1/todos?select=*", UriKind.Relative));
        request.Headers.Add("apikey", stack.Keys!.PublishableKey);

        using HttpResponseMessage response = await client.SendAsync(request);
        using JsonDocument asked = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal("/rest/v1/todos?select=*", asked.RootElement.GetProperty("path").GetString());
        Assert.Equal(stack.Keys.PublishableKey, asked.RootElement.GetProperty("headers").GetProperty("apikey").GetString());
        Assert.NotEqual(project.ApiPort, stack.Url!.Port);
    }

    [Fact]
    public async Task Containers_that_run_already_decide_the_engine_and_one_that_does_not_makes_the_stack_partial()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        await project.StartAsync();
        File.Delete(StackFolder.Of(project.Environment).StackFile);
        project.Change(state => state["stopped"] = new System.Text.Json.Nodes.JsonArray("storage"));

        LocalStackInfo seen = await project.GetAsync();

        Assert.Equal((LocalStackEngine.SupabaseCli, "the Supabase CLI runs this project's containers", LocalStackState.Partial), (seen.Engine, seen.EngineReason, seen.State));
        Assert.Equal("storage", Assert.Single(seen.Services, service => !service.IsRunning).Name);
        project.HasDocker = false;
        Assert.Equal(LocalStackEngine.Embedded, (await project.GetAsync()).Engine);
        await project.StartAsync();
    }

    [Fact]
    public async Task Services_that_were_not_chosen_are_excluded_and_the_database_alone_has_no_gateway()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        var sink = new CollectingSink();

        LocalStackInfo rest = await project.Stacks.StartAsync(project.Environment, LocalStackEngine.SupabaseCli, ["rest"], sink, CancellationToken.None);
        await project.StopAsync();
        LocalStackInfo database = await project.Stacks.StartAsync(project.Environment, LocalStackEngine.Auto, ["db"], sink, CancellationToken.None);

        Assert.Equal(["database", "api", "rest", "gateway"], rest.Services.Select(service => service.Name));
        Assert.Equal((LocalStackState.Running, "database", null), (database.State, Assert.Single(database.Services).Name, database.Url));
        Assert.Equal(
            ["start --exclude gotrue,realtime,storage-api,edge-runtime,postgres-meta,studio,mailpit", "stop", "start --exclude kong,postgrest,gotrue,realtime,storage-api,edge-runtime,postgres-meta,studio,mailpit"],
            project.Calls());
    }

    [Fact]
    public async Task A_stack_of_another_engine_is_refused_until_it_is_stopped()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        await project.StartAsync();

        var error = await Assert.ThrowsAsync<DeployException>(() => project.StartAsync(LocalStackEngine.Embedded));

        Assert.Equal(ErrorTable.EngineMismatch, error.Code);
        Assert.Equal("Local stack 'local' runs with engine 'SupabaseCli', and 'Embedded' was asked for.", error.Message);
        Assert.Equal(["start"], project.Calls());
    }

    [Fact]
    public async Task A_start_that_fails_says_what_the_CLI_said_last_and_leaves_nothing_running()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        project.Change(state => state["startFails"] = "failed to start docker container: port is already allocated");

        var error = await Assert.ThrowsAsync<DeployException>(() => project.StartAsync());

        Assert.Equal(ErrorTable.SupabaseCliFailed, error.Code);
        Assert.Equal(
            "'supabase start' failed with exit code 1: failed to start docker container: port is already allocated\nStarting database...\nStopping containers...", error.Message);
        Assert.Equal(["start", "stop"], project.Calls());
        Assert.Equal(LocalStackState.Stopped, (await project.GetAsync()).State);
    }

    [Fact]
    public async Task Without_Docker_a_start_fails_and_a_look_says_why_nothing_runs()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        project.Change(state => state["noDocker"] = true);

        var error = await Assert.ThrowsAsync<DeployException>(() => project.StartAsync());
        LocalStackInfo seen = await project.Stacks.GetAsync(project.Environment with { Engine = LocalStackEngine.SupabaseCli }, CancellationToken.None);

        Assert.Equal(ErrorTable.SupabaseCliNeedsDocker, error.Code);
        Assert.StartsWith("Start Docker", error.Remedy, StringComparison.Ordinal);
        Assert.Equal((LocalStackEngine.SupabaseCli, LocalStackState.Stopped), (seen.Engine, seen.State));
        Assert.Contains("Is the docker daemon running?", seen.Services[0].LastFailure, StringComparison.Ordinal);
        Assert.Equal(["start"], project.Calls());
    }

    [Fact]
    public async Task Without_the_CLI_the_error_says_where_it_was_looked_for()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        project.Programs.Remove("supabase");

        var error = await Assert.ThrowsAsync<DeployException>(() => project.StartAsync());
        LocalStackInfo seen = await project.Stacks.GetAsync(project.Environment with { Engine = LocalStackEngine.SupabaseCli }, CancellationToken.None);

        Assert.Equal(ErrorTable.SupabaseCliNotFound, error.Code);
        Assert.Contains(Path.Combine(project.Root, "node_modules"), error.Message, StringComparison.Ordinal);
        Assert.Equal("the Supabase CLI is not installed", seen.Services[0].LastFailure);
    }

    [Fact]
    public async Task An_engine_that_did_not_start_is_not_the_stacks()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        await project.StartAsync();
        await project.StopAsync();

        await Assert.ThrowsAsync<DeployException>(() => new LocalStacks(gatewayFolder: project.Root) { FindProgram = _ => null }.StartAsync(
            project.Environment, LocalStackEngine.Embedded, NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal(LocalStackEngine.SupabaseCli, (await project.GetAsync()).Engine);
    }

    [Theory]
    [InlineData(true, LocalStackEngine.SupabaseCli)]
    [InlineData(false, LocalStackEngine.SupabaseCli)]
    [InlineData(false, LocalStackEngine.Docker)]
    public async Task What_an_engine_never_began_is_not_removed_with_the_stack(bool hasCli, LocalStackEngine engine)
    {
        await using CliProject project = CliProject.WithoutDatabase();
        await StackRecord.Empty("local").With(new EngineChoice(LocalStackEngine.Embedded, "it was asked for")).WriteAsync(
            StackFolder.Of(project.Environment).StackFile, CancellationToken.None);
        project.Change(state => state["noDocker"] = true);
        if (!hasCli)
        {
            project.Programs.Remove("supabase");
        }

        var stacks = new LocalStacks(gatewayFolder: Repository.GatewayFolder)
        {
            FindProgram = project.Programs.GetValueOrDefault,
            Docker = new DockerOptions { Endpoint = new Uri($"unix://{project.Root}/absent.sock") },
        };
        await Assert.ThrowsAsync<DeployException>(() => stacks.StartAsync(project.Environment, engine, NullProgressSink.Instance, CancellationToken.None));

        StackRecord kept = StackRecord.Read(StackFolder.Of(project.Environment).StackFile)!;
        Assert.Equal(LocalStackEngine.Embedded, kept.Engine);
        Assert.Equal([LocalStackEngine.Embedded], kept.Engines);
    }

    [Fact]
    public async Task The_CLI_that_npm_installed_for_the_project_goes_first()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        Directory.CreateDirectory(Path.Combine(project.Root, "node_modules", ".bin"));
        File.CreateSymbolicLink(Path.Combine(project.Root, "node_modules", ".bin", "supabase"), project.Programs["supabase"]);
        project.Programs["supabase"] = "/nowhere/supabase";

        Assert.Equal(LocalStackState.Running, (await project.StartAsync()).State);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_is_an_error()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        await project.StartAsync();
        project.Change(state => state["malformed"] = "{\"API_URL\":");

        var error = await Assert.ThrowsAsync<DeployException>(() => project.GetAsync());

        Assert.Equal(ErrorTable.SupabaseCliAnswerInvalid, error.Code);
    }

    [Fact]
    public async Task A_start_that_is_given_up_is_stopped_again()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        project.Change(state => state["hangs"] = true);
        using var stop = new CancellationTokenSource();

        Task<LocalStackInfo> start = project.StartAsync(cancellationToken: stop.Token);
        try
        {
            await Wait.UntilAsync(() => start.IsCompleted || project.State()["running"] is not null);
        }
        finally
        {
            await stop.CancelAsync();
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        Assert.Equal(["start", "stop"], project.Calls());
    }

    [Fact]
    public async Task Logs_are_read_from_the_containers_and_from_the_gateway_and_followed()
    {
        await using CliProject project = CliProject.WithoutDatabase();
        await project.StartAsync();
        ILocalStackEngine engine = StackEngines.Of(project.Context);
        using var ending = new CancellationTokenSource();
        var lines = new List<string>();

        await foreach (LogLine line in engine.ReadLogsAsync(["database", "gateway"], 7, follow: false, CancellationToken.None))
        {
            lines.Add($"{line}");
        }

        Assert.Contains("database | supabase_db_shop says its last 7", lines);
        Assert.Contains("database | supabase_db_shop warns", lines);
        Assert.Contains(lines, line => line.StartsWith("gateway | ", StringComparison.Ordinal));
        await foreach (LogLine line in engine.ReadLogsAsync(["auth"], 1, follow: true, ending.Token))
        {
            if (line.Text == "supabase_auth_shop goes on")
            {
                break;
            }
        }

        project.Programs.Remove("docker");
        var error = await Assert.ThrowsAsync<DeployException>(async () => await engine.ReadLogsAsync(["auth"], 1, follow: false, CancellationToken.None).GetAsyncEnumerator().MoveNextAsync());
        Assert.Equal(ErrorTable.ProgramNotFound, error.Code);
    }
}
