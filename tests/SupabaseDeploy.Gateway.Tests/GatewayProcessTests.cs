using System.Diagnostics;
using System.Net.Sockets;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Gateway.Tests;

public sealed class GatewayProcessTests
{
    [Fact]
    public async Task It_has_a_session_of_its_own_and_its_state_names_it()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync();

        string[] stat = (await File.ReadAllTextAsync($"/proc/{gateway.Process.Id}/stat")).Split(' ');
        Assert.Equal($"{gateway.Process.Id}", stat[5]); // the session's leader
        Assert.Equal(ProcessIdentity.Of(gateway.Process.Id), gateway.State.Process);
        Assert.True(gateway.State.Process.IsAlive);
        Assert.Equal("staging", gateway.State.Environment);
    }

    [Fact]
    public async Task A_hang_up_does_not_end_it_and_SIGTERM_ends_it_cleanly()
    {
        using RunningGateway gateway = await RunningGateway.StartAsync();

        await SignalAsync("HUP", gateway.Process.Id);
        Assert.NotEmpty(await gateway.Client.GetByteArrayAsync("_gateway/health"));

        await SignalAsync("TERM", gateway.Process.Id);
        await gateway.Process.WaitForExitAsync();
        Assert.Equal(0, gateway.Process.ExitCode);
        Assert.False(File.Exists(gateway.StateFile));
        Assert.False(gateway.State.Process.IsAlive);
        Assert.Contains("Stopped.", await File.ReadAllTextAsync(gateway.LogFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_one_for_the_same_environment_ends_at_once_and_leaves_the_state_alone()
    {
        using RunningGateway first = await RunningGateway.StartAsync();
        string state = await File.ReadAllTextAsync(first.StateFile);
        using Process second = RunningGateway.Launch(port: 0, sameEnvironmentAs: first).Process;
        await second.WaitForExitAsync();

        Assert.Equal(GatewayExitCode.AlreadyRunning, second.ExitCode);
        Assert.Equal(state, await File.ReadAllTextAsync(first.StateFile));
    }

    [Fact]
    public async Task A_port_in_use_is_its_own_exit_code()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        using RunningGateway gateway = RunningGateway.Launch(((System.Net.IPEndPoint)listener.LocalEndpoint).Port);
        await gateway.Process.WaitForExitAsync();

        Assert.Equal(GatewayExitCode.PortInUse, gateway.Process.ExitCode);
        Assert.False(File.Exists(gateway.StateFile));
    }

    [Theory]
    [InlineData("Option '--web-root' is missing.")]
    [InlineData("Option '--port' is '70000': expected 0 to 65535.", "--web-root", "web", "--port", "70000")]
    [InlineData("Option '--port' has no value or is given twice.", "--port")]
    [InlineData("Option '--colour' is not known.", "--web-root", "w", "--port", "0", "--environment", "e", "--state", "s", "--log", "l", "--plan", "p", "--colour", "red")]
    public async Task Wrong_options_are_named(string message, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true };
        start.ArgumentList.Add(RunningGateway.Program);
        Array.ForEach(arguments, start.ArgumentList.Add);
        using Process process = Process.Start(start)!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(GatewayExitCode.InvalidOptions, process.ExitCode);
        Assert.Equal(message, error.Trim());
    }

    [Fact]
    public async Task A_full_log_is_put_aside()
    {
        using RunningGateway first = await RunningGateway.StartAsync();
        await SignalAsync("TERM", first.Process.Id);
        await first.Process.WaitForExitAsync();
        await File.WriteAllBytesAsync(first.LogFile, new byte[1024 * 1024]);

        using Process second = RunningGateway.Launch(port: 0, sameEnvironmentAs: first).Process;
        await Wait.UntilAsync(() => File.Exists(first.StateFile));
        await SignalAsync("TERM", second.Id);
        await second.WaitForExitAsync();

        Assert.Equal(1024 * 1024, new FileInfo(first.LogFile + ".1").Length);
        Assert.InRange(new FileInfo(first.LogFile).Length, 1, 1000);
    }

    private static async Task SignalAsync(string signal, int processId)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{processId}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
