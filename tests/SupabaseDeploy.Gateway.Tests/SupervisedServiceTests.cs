using System.Diagnostics;
using System.Net.Sockets;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Gateway.Tests;

/// <summary>The gateway as the supervisor of services, with programs that crash, hang and never start.</summary>
public sealed class SupervisedServiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_service_is_started_after_those_it_depends_on()
    {
        PlannedService first = Node("first", "server(0)");
        PlannedService second = Node("second", "server(0)") with { DependsOn = ["first"] };
        using RunningGateway gateway = await RunningGateway.StartAsync(new ServicePlan([first, second], []));

        IReadOnlyList<ServiceReport> services = await UntilAsync(gateway, all => all.All(service => service.State == ServiceState.Healthy));

        Assert.All(services, service => Assert.True(service.MemoryBytes > 1_000_000));
        Assert.True(services[0].StartedAt < services[1].StartedAt);
        Assert.Equal([first.Port, second.Port], services.Select(service => service.Port));
    }

    [Fact]
    public async Task A_service_that_ends_is_started_again_and_the_others_go_on()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync(new ServicePlan([Node("steady", "server(0)"), Node("frail", "server(0)")], []));
        IReadOnlyList<ServiceReport> before = await UntilAsync(gateway, all => all.All(service => service.State == ServiceState.Healthy));

        using (var frail = Process.GetProcessById(before[1].ProcessId!.Value))
        {
            frail.Kill();
        }

        IReadOnlyList<ServiceReport> after = await UntilAsync(gateway, all => all[1] is { State: ServiceState.Healthy, Restarts: 1 });
        Assert.Equal("it ended with exit code 137", after[1].LastFailure);
        Assert.NotEqual(before[1].ProcessId, after[1].ProcessId);
        Assert.Equal((before[0].ProcessId, 0), (after[0].ProcessId, after[0].Restarts));
    }

    [Fact]
    public async Task A_log_that_cannot_be_rotated_does_not_keep_a_service_waiting()
    {
        // Twice what the file may hold, and far more than a pipe does; only then it listens.
        PlannedService chatty = Node("chatty", "for (let i = 0; i < 200; i++) console.log('x'.repeat(10_000)); process.stdout.write('', () => server(0))");
        Directory.CreateDirectory(Path.Combine(chatty.LogFile + ".1", "in the way"));
        using RunningGateway gateway = await RunningGateway.StartAsync(new ServicePlan([chatty], []));

        await UntilAsync(gateway, all => all[0].State == ServiceState.Healthy);

        Assert.InRange(new FileInfo(chatty.LogFile).Length, 1024 * 1024, 1024 * 1024 + 20_000);
    }

    [Fact]
    public async Task A_service_that_cannot_live_is_given_up_with_its_words_in_its_log()
    {
        PlannedService broken = Node("broken", "console.error('no such table'); process.exit(4)");
        PlannedService absent = Node("absent", "") with { FileName = "/nowhere/program" };
        PlannedService waiting = Node("waiting", "server(0)") with { DependsOn = ["broken"] };
        using RunningGateway gateway = await RunningGateway.StartAsync(new ServicePlan([broken, absent, waiting], []));

        IReadOnlyList<ServiceReport> services = await UntilAsync(gateway, all => all.Count(service => service.State == ServiceState.GaveUp) == 2);

        Assert.Equal("it ended with exit code 4", services[0].LastFailure);
        Assert.StartsWith("it cannot be started: ", services[1].LastFailure, StringComparison.Ordinal);
        Assert.Equal(ServiceState.Waiting, services[2].State);
        Assert.Contains("no such table", await File.ReadAllTextAsync(broken.LogFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_the_gateway_ends_every_process_of_every_service()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync(new ServicePlan([Node("parent", ServerWithChild)], []));
        IReadOnlyList<ServiceReport> services = await UntilAsync(gateway, all => all[0].State == ServiceState.Healthy);
        ProcessIdentity parent = ProcessIdentity.Of(services[0].ProcessId!.Value)!;
        ProcessIdentity child = await ChildAsync();

        using (Process kill = Process.Start("kill", ["-TERM", $"{gateway.Process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        await gateway.Process.WaitForExitAsync();

        Assert.False(parent.IsAlive);
        await Wait.UntilAsync(() => !child.IsAlive);
    }

    [Fact]
    public async Task A_gateway_whose_folder_was_deleted_ends_with_everything_it_runs()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync(new ServicePlan([Node("parent", ServerWithChild)], []));
        IReadOnlyList<ServiceReport> services = await UntilAsync(gateway, all => all[0].State == ServiceState.Healthy);
        ProcessIdentity parent = ProcessIdentity.Of(services[0].ProcessId!.Value)!;
        ProcessIdentity child = await ChildAsync();

        string folder = Path.GetDirectoryName(gateway.StateFile)!;
        Directory.Delete(folder, recursive: true);
        await gateway.Process.WaitForExitAsync();
        Directory.CreateDirectory(folder);

        Assert.Equal(0, gateway.Process.ExitCode);
        Assert.False(parent.IsAlive);
        await Wait.UntilAsync(() => !child.IsAlive);
    }

    [Fact]
    public async Task A_gateway_that_another_one_has_replaced_leaves_its_files_alone()
    {
        using RunningGateway old = await RunningGateway.StartAsync(new ServicePlan([Node("parent", "server(0)")], []));
        await UntilAsync(old, all => all[0].State == ServiceState.Healthy);
        string processes = old.StateFile + ".processes";
        var stranger = ProcessIdentity.Of(1)!;

        new OrphanedServices(stranger, []).Write(processes);
        await File.WriteAllTextAsync(old.StateFile + ".new", (old.State with { Process = stranger }).ToJson());
        File.Move(old.StateFile + ".new", old.StateFile, overwrite: true);
        await old.Process.WaitForExitAsync();

        Assert.Equal(0, old.Process.ExitCode);
        Assert.Equal((stranger, stranger), (GatewayState.Read(old.StateFile)!.Process, OrphanedServices.Read(processes)!.Gateway));
    }

    [Fact]
    public async Task What_a_killed_gateway_leaves_is_found_and_ended()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync(new ServicePlan([Node("parent", ServerWithChild)], []));
        IReadOnlyList<ServiceReport> services = await UntilAsync(gateway, all => all[0].State == ServiceState.Healthy);
        ProcessIdentity parent = ProcessIdentity.Of(services[0].ProcessId!.Value)!;
        ProcessIdentity child = await ChildAsync();

        gateway.Process.Kill();
        await gateway.Process.WaitForExitAsync();
        Assert.True(parent.IsAlive && child.IsAlive);

        Assert.True(OrphanedServices.End(gateway.StateFile + ".processes") >= 1);
        Assert.False(parent.IsAlive);
        Assert.False(child.IsAlive);
        Assert.Equal(0, OrphanedServices.End(gateway.StateFile + ".processes"));
    }

    /// <summary>A server that first starts a program of its own, which ignores the request to end.</summary>
    private string ServerWithChild =>
        $$"""
        const child = require('node:child_process').spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: 'ignore' });
        require('node:fs').writeFileSync({{System.Text.Json.JsonSerializer.Serialize(ChildFile)}}, String(child.pid));
        server(0);
        """;

    private string ChildFile => Path.Combine(_folder.Path, "child");

    private async Task<ProcessIdentity> ChildAsync() =>
        ProcessIdentity.Of(int.Parse(await File.ReadAllTextAsync(ChildFile), System.Globalization.CultureInfo.InvariantCulture))!;

    private static async Task<IReadOnlyList<ServiceReport>> UntilAsync(RunningGateway gateway, Func<IReadOnlyList<ServiceReport>, bool> holds)
    {
        IReadOnlyList<ServiceReport> services = [];
        await Wait.UntilAsync(async () =>
        {
            services = GatewayHealth.Parse(await gateway.Client.GetByteArrayAsync("_gateway/health")).Services;
            return holds(services);
        });
        return services;
    }

    /// <summary>A program for Node.js; <c>server(delay)</c> in it serves the health path after so many milliseconds.</summary>
    private PlannedService Node(string name, string program)
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        int port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        return new PlannedService
        {
            Name = name,
            FileName = "/usr/bin/env",
            Arguments = ["node", "-e", $"const server = delay => setTimeout(() => require('node:http').createServer((q, a) => a.end('ok')).listen({port}, '127.0.0.1'), delay);\n{program}"],
            Environment = new Dictionary<string, string>(),
            WorkingFolder = _folder.Path,
            Port = port,
            HealthPath = "/health",
            LogFile = Path.Combine(_folder.Path, name + ".log"),
        };
    }
}
