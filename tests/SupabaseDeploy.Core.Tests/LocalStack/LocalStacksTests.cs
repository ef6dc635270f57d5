using System.Net;
using System.Net.Sockets;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class LocalStacksTests
{
    [Fact]
    public async Task A_stack_starts_is_adopted_stops_and_keeps_its_ports()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();

        LocalStackInfo before = await project.Stacks.GetAsync(environment, CancellationToken.None);
        Assert.Equal((LocalStackState.Stopped, null, null), (before.State, before.Database, before.Url));
        Assert.False(Directory.Exists(environment.Project.StateFolder));

        LocalStackInfo started = await project.StartAsync(environment);
        Assert.Equal((LocalStackState.Running, true), (started.State, started.Changed));
        await using (await started.Database!.OpenAsync(CancellationToken.None))
        {
        }

        LocalStackInfo adopted = await project.StartAsync(environment);
        Assert.False(adopted.Changed);
        Assert.Equal(Processes(started), Processes(adopted));

        LocalStackInfo stopped = await project.Stacks.StopAsync(environment, removeData: false, NullProgressSink.Instance, CancellationToken.None);
        Assert.Equal((LocalStackState.Stopped, true, null), (stopped.State, stopped.Changed, stopped.Url));
        Assert.All(started.Services, service => Assert.Null(ProcessIdentity.Of(service.ProcessId!.Value)));
        LocalStackInfo stoppedAgain = await project.Stacks.StopAsync(environment, removeData: false, NullProgressSink.Instance, CancellationToken.None);
        Assert.False(stoppedAgain.Changed);

        LocalStackInfo restarted = await project.StartAsync(environment);
        Assert.Equal(Ports(started), Ports(restarted));
    }

    [Fact]
    public async Task A_project_opened_through_a_symbolic_link_is_the_same_project()
    {
        await using var project = new StackProject();
        using var elsewhere = new TemporaryFolder();
        DeploymentEnvironment environment = project.Environment();
        string link = Path.Combine(elsewhere.Path, "link");
        Directory.CreateSymbolicLink(link, project.Root);
        DeploymentEnvironment linked = environment with { Project = new ProjectFolder(link) };

        LocalStackInfo started = await project.StartAsync(environment);
        LocalStackInfo seen = await project.Stacks.GetAsync(linked, CancellationToken.None);
        LocalStackInfo adopted = await project.StartAsync(linked);
        LocalStackInfo stopped = await project.Stacks.StopAsync(linked, removeData: false, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal((LocalStackState.Running, false), (seen.State, adopted.Changed));
        Assert.Equal(Processes(started), Processes(adopted));
        Assert.Equal(LocalStackState.Stopped, stopped.State);
        Assert.All(started.Services, service => Assert.Null(ProcessIdentity.Of(service.ProcessId!.Value)));
    }

    [Fact]
    public async Task Two_starts_at_once_give_one_stack()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();

        LocalStackInfo[] both = await Task.WhenAll(project.StartAsync(environment), project.StartAsync(environment));

        Assert.Equal(Processes(both[0]), Processes(both[1]));
        Assert.Single(both, info => info.Changed);
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("database")]
    public async Task A_killed_service_makes_the_stack_partial_and_the_next_start_repairs_it(string killed)
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        LocalStackInfo started = await project.StartAsync(environment);

        await StackProject.KillAsync(started, killed);
        LocalStackInfo partial = await project.Stacks.GetAsync(environment, CancellationToken.None);
        Assert.Equal(LocalStackState.Partial, partial.State);
        Assert.False(partial.Services.Single(service => service.Name == killed).IsRunning);

        LocalStackInfo repaired = await project.StartAsync(environment);
        Assert.Equal((LocalStackState.Running, true), (repaired.State, repaired.Changed));
        Assert.Equal(Ports(started), Ports(repaired));
    }

    [Fact]
    public async Task A_process_id_that_another_program_has_now_is_not_taken_for_the_gateway()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        LocalStackInfo started = await project.StartAsync(environment);
        string file = project.PathOf(environment, "gateway.json");
        GatewayState state = GatewayState.Read(file)!;
        await StackProject.KillAsync(started, "gateway");
        await File.WriteAllTextAsync(file, (state with { Process = state.Process with { Id = System.Environment.ProcessId } }).ToJson());

        LocalStackInfo seen = await project.Stacks.GetAsync(environment, CancellationToken.None);
        LocalStackInfo repaired = await project.StartAsync(environment);

        Assert.Equal(LocalStackState.Partial, seen.State);
        Assert.Equal(LocalStackState.Running, repaired.State);
    }

    [Fact]
    public async Task A_port_that_was_taken_meanwhile_is_left_to_its_taker()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        LocalStackInfo started = await project.StartAsync(environment);
        await project.Stacks.StopAsync(environment, removeData: false, NullProgressSink.Instance, CancellationToken.None);
        using var taker = new TcpListener(IPAddress.Loopback, started.Url!.Port);
        taker.Start();
        var sink = new CollectingSink();

        LocalStackInfo moved = await project.StartAsync(environment, sink);

        Assert.Equal(LocalStackState.Running, moved.State);
        Assert.NotEqual(started.Url.Port, moved.Url!.Port);
        Assert.Contains(sink.Events, deployEvent => deployEvent is Notice notice && notice.Message.Contains($"{moved.Url.Port}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gateway_whose_state_was_lost_is_replaced_not_doubled()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        LocalStackInfo started = await project.StartAsync(environment);
        string file = project.PathOf(environment, "gateway.json");
        GatewayState state = GatewayState.Read(file)!;
        await File.WriteAllTextAsync(file, (state with { WebRoot = "/where/the/project/was/before" }).ToJson());

        LocalStackInfo repaired = await project.StartAsync(environment);

        Assert.Equal(LocalStackState.Running, repaired.State);
        Assert.False(state.Process.IsAlive);
        Assert.NotEqual(Processes(started), Processes(repaired));
    }

    [Fact]
    public async Task A_start_that_is_given_up_leaves_nothing_running()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        await project.StartAsync(environment);
        await project.Stacks.StopAsync(environment, removeData: false, NullProgressSink.Instance, CancellationToken.None);
        File.Delete(project.PathOf(environment, "gateway.json.lock"));
        using var stop = new CancellationTokenSource();

        Task<LocalStackInfo> start = project.Stacks.StartAsync(environment, NullProgressSink.Instance, stop.Token);
        // The gateway has its lock as soon as its process runs, long before it answers.
        await Wait.UntilAsync(() => start.IsCompleted || File.Exists(project.PathOf(environment, "gateway.json.lock")));
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        LocalStackInfo after = await project.Stacks.GetAsync(environment, CancellationToken.None);
        Assert.Equal(LocalStackState.Stopped, after.State);
    }

    [Fact]
    public async Task A_gateway_that_cannot_start_is_an_error_and_stops_the_database_again()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        var stacks = new LocalStacks(gatewayFolder: project.Root);

        var error = await Assert.ThrowsAsync<DeployException>(() => stacks.StartAsync(environment, NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal(ErrorTable.GatewayNotFound, error.Code);
        Assert.Equal(LocalStackState.Stopped, (await stacks.GetAsync(environment, CancellationToken.None)).State);
    }

    [Fact]
    public async Task Removing_the_data_leaves_no_trace_of_the_environment()
    {
        await using var project = new StackProject();
        DeploymentEnvironment environment = project.Environment();
        await project.StartAsync(environment);

        LocalStackInfo removed = await project.Stacks.StopAsync(environment, removeData: true, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal((LocalStackState.Stopped, true, null), (removed.State, removed.Changed, removed.Database));
        Assert.Equal([".gitignore", "environments"], Directory.EnumerateFileSystemEntries(environment.Project.StateFolder).Select(Path.GetFileName).Order());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(environment.Project.StateFolder, "environments")));
        LocalStackInfo again = await project.Stacks.StopAsync(environment, removeData: true, NullProgressSink.Instance, CancellationToken.None);
        Assert.False(again.Changed);
    }

    [Fact]
    public async Task Only_local_environments_have_a_stack()
    {
        await using var project = new StackProject();
        var environment = project.Environment() with { Target = TargetKind.SupabaseCloud };

        var error = await Assert.ThrowsAsync<DeployException>(() => project.Stacks.GetAsync(environment, CancellationToken.None));

        Assert.Equal(ErrorTable.NotALocalEnvironment, error.Code);
        Assert.Equal("Environment 'local' has no local stack: its target is 'supabase-cloud', not 'local'.", error.Message);
    }

    private static IEnumerable<int?> Processes(LocalStackInfo info) => info.Services.Select(service => service.ProcessId);

    private static IEnumerable<int> Ports(LocalStackInfo info) => info.Services.Select(service => service.Port);
}
