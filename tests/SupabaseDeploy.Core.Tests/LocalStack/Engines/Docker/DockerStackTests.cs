using Docker.DotNet.Models;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>A stack in containers of a real Docker engine.</summary>
public sealed class DockerStackTests
{
    [Fact]
    public async Task All_services_answer_through_the_gateway_and_only_what_changed_is_made_anew()
    {
        await using DockerProject project = await DockerProject.CreateAsync("");
        project.Write("supabase/functions/hello/index.ts", "Deno.serve(() => new Response('hello'));");

        LocalStackInfo stack = await project.StartAsync();

        Assert.Equal(
            ["database", "gateway", "mail", "auth", "rest", "meta", "imgproxy", "storage", "realtime", "functions", "studio"],
            stack.Services.Select(service => service.Name));
        Assert.All(stack.Services, service => Assert.Equal((service.Name, ServiceState.Healthy), (service.Name, service.State)));
        Assert.All(stack.Services, service => Assert.True(service.MemoryBytes > 0, service.Name));
        Assert.Equal("17.6.1.136", stack.Services[0].Version);
        Assert.Contains("PGRST_DB_URI=postgresql://authenticator:", await DockerProject.GetAsync(stack, "/rest/v1/environment", stack.Keys!.PublishableKey), StringComparison.Ordinal);
        Assert.Contains("GOTRUE_SMTP_HOST=mail\n", await DockerProject.GetAsync(stack, "/auth/v1/environment", stack.Keys.PublishableKey), StringComparison.Ordinal);
        Assert.Contains("IMGPROXY_URL=http://imgproxy:5001\n", await DockerProject.GetAsync(stack, "/storage/v1/environment"), StringComparison.Ordinal);
        string functions = await DockerProject.GetAsync(stack, "/functions/v1/environment");
        Assert.Contains($"SUPABASE_URL=http://api-gw:{stack.Url!.Port}\n", functions, StringComparison.Ordinal);

        IReadOnlyDictionary<string, string> before = await IdsAsync(project);
        project.Write("supabase/config.toml", "[api]\nmax_rows = 7\n[studio]\nenabled = false\n");
        LocalStackInfo changed = await project.StartAsync();
        LocalStackInfo adopted = await project.StartAsync();
        IReadOnlyDictionary<string, string> after = await IdsAsync(project);

        Assert.Equal((true, false), (changed.Changed, adopted.Changed));
        Assert.Equal(["rest"], after.Where(container => before[container.Key] != container.Value).Select(container => container.Key));
        Assert.DoesNotContain("studio", after.Keys);
        Assert.Contains("PGRST_DB_MAX_ROWS=7\n", await DockerProject.GetAsync(adopted, "/rest/v1/environment", stack.Keys.PublishableKey), StringComparison.Ordinal);
        await AssertNoSecretInLabelsAsync(project, stack.Keys);

        List<LogLine> lines = [];
        await foreach (LogLine line in new StackLogs(project.Environment).ReadAsync(["auth", "db"], tail: 50, follow: false, CancellationToken.None))
        {
            lines.Add(line);
        }

        Assert.Contains(lines, line => line is { Service: "auth", Text: "stand-in: listens on 9999" });
        Assert.Contains(lines, line => line.Service == "database" && line.Text.Contains("ready to accept connections", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Data_is_kept_from_one_start_to_the_next_and_removed_when_that_is_asked_for()
    {
        await using DockerProject project = await DockerProject.CreateAsync();
        project.Write("migrations/001_things.sql", "create table public.things (id int primary key); insert into public.things values (1);");
        LocalStackInfo first = await project.StartAsync();
        MigrationRun run = await new MigrationRunner().ApplyAsync(
            new MigrationRequest { Environment = project.Environment, Database = first.Database!, Folder = project.Environment.MigrationsFolder }, project.Sink, CancellationToken.None);
        using var ending = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await using IAsyncEnumerator<LogLine> lines = new StackLogs(project.Environment).ReadAsync(["database"], 50, follow: true, ending.Token).GetAsyncEnumerator(ending.Token);
        await ReadToAsync(lines, "ready to accept connections");

        LocalStackInfo stopped = await project.StopAsync();
        IReadOnlyList<string> kept = await project.ThingsAsync();
        LocalStackInfo second = await project.StartAsync();

        Assert.Single(run.Applied);
        Assert.Equal((LocalStackState.Running, LocalStackState.Stopped, LocalStackState.Running), (first.State, stopped.State, second.State));
        Assert.Equal((first.Url, first.Database!.Port), (second.Url, second.Database!.Port));
        Assert.Contains(project.Names.Volume("db-data"), kept);
        Assert.Equal(1L, await AskAsync(second.Database, "select count(*) from public.things"));
        await ReadToAsync(lines, "database system is shut down");
        await ReadToAsync(lines, "ready to accept connections");
        // What the platform's compose file adds to its image by scripts.
        Assert.Equal(2L, await AskAsync(second.Database, "select count(*) from pg_namespace where nspname in ('_realtime', 'supabase_functions')"));

        await ResetAsync(project, second);
        await NewDataIsKeptThoughAKilledResetLeftTheOldAsync(project);

        LocalStackInfo removed = await project.StopAsync(removeData: true);

        Assert.Equal(LocalStackState.Stopped, removed.State);
        Assert.Empty(await project.ThingsAsync());
    }

    [Fact]
    public async Task Two_projects_run_at_once_and_one_moves_from_the_port_that_both_want()
    {
        int port = LoopbackPort.Choose();
        string configuration = $"{DockerProject.Small}[auth]\nenabled = false\n[db]\nport = {port}\n";
        await using DockerProject one = await DockerProject.CreateAsync(configuration);
        await using DockerProject other = await DockerProject.CreateAsync(configuration);

        LocalStackInfo[] stacks = await Task.WhenAll(one.StartAsync(), other.StartAsync());

        Assert.All(stacks, stack => Assert.Equal(LocalStackState.Running, stack.State));
        Assert.Single(stacks, stack => stack.Database!.Port == port);
        Assert.Single(
            one.Sink.Events.Concat(other.Sink.Events).OfType<Notice>(),
            notice => notice.Message.StartsWith($"Port {port} is taken by ", StringComparison.Ordinal) && notice.Message.Contains("service 'database' moves to port", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_container_that_dies_is_reported_with_its_last_words_and_nothing_is_left_of_the_start()
    {
        await using DockerProject project = await DockerProject.CreateAsync(registry: DockerProject.FailingRegistry, configuration: $"{DockerProject.Small}[api]\nenabled = false\n");

        var error = await Assert.ThrowsAsync<DeployException>(() => project.StartAsync());

        Assert.Equal(ErrorTable.ContainerFailed, error.Code);
        Assert.Contains("Service 'auth'", error.Message, StringComparison.Ordinal);
        Assert.Contains("it ended with exit code 3, 6 times in a row.", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("stand-in: no such secret", error.Message, StringComparison.Ordinal);
        Assert.Empty(await project.ThingsAsync());
        Assert.Contains(project.Sink.Events.OfType<Notice>(), notice => notice.Message.Contains("/supabase/postgres-meta:v0.99.0' cannot be pulled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_start_that_is_given_up_leaves_nothing()
    {
        await using DockerProject project = await DockerProject.CreateAsync();
        using var ending = new CancellationTokenSource();
        var sink = new CancellingSink(ending, "-auth' is made");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => project.Stacks.StartAsync(project.Environment, LocalStackEngine.Docker, sink, ending.Token));

        Assert.Empty(await project.ThingsAsync());
    }

    [Fact]
    public async Task A_start_that_was_killed_is_finished_by_the_next_one()
    {
        await using DockerProject project = await DockerProject.CreateAsync();
        var request = new ProcessRequest("dotnet", [Repository.KilledProcess, "docker", project.Environment.Project.Root, $"Container '{project.Names.Container("rest")}'", Repository.GatewayFolder])
        {
            Environment = new Dictionary<string, string?> { ["DOCKER_HOST"] = project.Engine.Endpoint.ToString(), [DockerOptions.RegistryVariable] = DockerProject.Registry },
        };
        ProcessResult killed = await ChildProcess.RunAsync(request, CancellationToken.None);
        IReadOnlyList<string> left = await project.ThingsAsync();

        LocalStackInfo stack = await project.StartAsync();

        Assert.Equal(137, killed.ExitCode);
        Assert.Contains(project.Names.Container("rest"), left);
        Assert.Equal(LocalStackState.Running, stack.State);
        Assert.Equal(left.Count(name => name.EndsWith("-database", StringComparison.Ordinal)), (await project.ThingsAsync()).Count(name => name.EndsWith("-database", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_stack_whose_files_were_deleted_is_found_stopped_and_removed()
    {
        await using DockerProject project = await DockerProject.CreateAsync();
        await project.Stacks.StartAsync(project.Environment, LocalStackEngine.Docker, [DockerCatalog.Database], project.Sink, CancellationToken.None);
        Directory.Delete(project.Environment.Project.StateFolder, recursive: true);

        LocalStackInfo seen = await project.Stacks.GetAsync(project.Environment, CancellationToken.None);
        LocalStackInfo stopped = await project.StopAsync();
        LocalStackInfo removed = await project.StopAsync(removeData: true);

        Assert.Equal(LocalStackEngine.Docker, seen.Engine);
        Assert.True(Assert.Single(seen.Services, service => service.Name == DockerCatalog.Database).IsRunning);
        Assert.Equal((true, LocalStackState.Stopped), (stopped.Changed, stopped.State));
        Assert.True(removed.Changed);
        Assert.Empty(await project.ThingsAsync());
    }

    private static async Task ResetAsync(DockerProject project, LocalStackInfo stack)
    {
        project.Write("migrations/002_more.sql", "insert into public.things values (2), (3);");
        await AskAsync(stack.Database!, "insert into public.things values (99)");
        IReadOnlyDictionary<string, string> before = await IdsAsync(project);
        var resetter = new LocalStackResetter { Docker = new DockerOptions { Registry = DockerProject.Registry }, GatewayFolders = [Repository.GatewayFolder] };

        LocalStackReset reset = await resetter.ResetAsync(new ResetRequest { Environment = project.Environment }, project.Sink, CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(project.Environment.MigrationsFolder, "003_wrong.sql"), "select nothing;");
        var error = await Assert.ThrowsAsync<DeployException>(
            () => resetter.ResetAsync(new ResetRequest { Environment = project.Environment }, project.Sink, CancellationToken.None));
        IReadOnlyDictionary<string, string> after = await IdsAsync(project);

        Assert.Equal((2, "002"), (reset.Total, reset.Version));
        Assert.Equal(ErrorTable.ShadowNotBuilt, error.Code);
        // At the same address, with the files' rows and not those that somebody had added.
        Assert.Equal(3L, await AskAsync(stack.Database!, "select count(*) from public.things"));
        Assert.Equal(["database"], after.Where(container => before[container.Key] != container.Value).Select(container => container.Key));
        Assert.Equal([project.Names.Volume("db-data-1")], (await project.ThingsAsync()).Where(name => name.Contains("db-data", StringComparison.Ordinal)));
    }

    private static async Task NewDataIsKeptThoughAKilledResetLeftTheOldAsync(DockerProject project)
    {
        string old = project.Names.Volume("db-data");
        await project.Engine.Client.Volumes.CreateAsync(new VolumesCreateParameters { Name = old, Labels = project.Names.Labels() });
        await project.StopAsync();
        project.Write("supabase/config.toml", $"{DockerProject.Small}[db]\nport = {LoopbackPort.Choose()}\n");
        using var ending = new CancellationTokenSource();
        var sink = new CancellingSink(ending, "-database' is made");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => project.Stacks.StartAsync(project.Environment, LocalStackEngine.Docker, sink, ending.Token));

        LocalStackInfo stack = await project.StartAsync();

        Assert.Equal(3L, await AskAsync(stack.Database!, "select count(*) from public.things"));
        Assert.DoesNotContain(old, await project.ThingsAsync());
    }

    private static async Task<IReadOnlyDictionary<string, string>> IdsAsync(DockerProject project) =>
        (await project.Engine.Client.Containers.ListContainersAsync(new ContainersListParameters { Filters = project.Names.Filter() }))
            .ToDictionary(container => container.Labels[DockerNames.ServiceLabel], container => container.ID);

    private static async Task AssertNoSecretInLabelsAsync(DockerProject project, LocalKeys keys)
    {
        string[] secrets = [keys.JwtSecret.Reveal(), keys.SecretKey.Reveal(), keys.ServicePassword.Reveal(), keys.ServiceRoleKey.Reveal()];
        foreach (ContainerListResponse container in await project.Engine.Client.Containers.ListContainersAsync(new ContainersListParameters { Filters = project.Names.Filter() }))
        {
            string visible = string.Join('\n', [container.Command, .. container.Labels.Values]);
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, visible, StringComparison.Ordinal));
        }
    }

    private static async Task ReadToAsync(IAsyncEnumerator<LogLine> lines, string awaited)
    {
        do
        {
            Assert.True(await lines.MoveNextAsync());
        }
        while (!lines.Current.Text.Contains(awaited, StringComparison.Ordinal));
    }

    private static async Task<object?> AskAsync(DatabaseAddress database, string sql)
    {
        await using NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None);
        await using var query = new NpgsqlCommand(sql, connection);
        return await query.ExecuteScalarAsync();
    }

    /// <summary>Gives up at an event, as Ctrl+C would.</summary>
    private sealed class CancellingSink(CancellationTokenSource ending, string awaited) : IProgressSink
    {
        public void Publish(DeployEvent deployEvent)
        {
            if (deployEvent is Detail detail && detail.Message.Contains(awaited, StringComparison.Ordinal))
            {
                ending.Cancel();
            }
        }
    }
}
