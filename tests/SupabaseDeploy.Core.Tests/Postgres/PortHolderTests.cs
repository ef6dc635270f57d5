using System.Net;
using System.Net.Sockets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class PortHolderTests
{
    [Fact]
    public async Task A_port_of_a_process_names_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.StartsWith($"process {Environment.ProcessId} (", await PortHolder.DescribeAsync(port, CancellationToken.None), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_arguments_of_others_are_not_shown()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("server.js", "require('node:http').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port); })");
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("node", [script, "--password=swordfish"]) { RedirectStandardOutput = true })!;
        try
        {
            int port = int.Parse((await process.StandardOutput.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);

            Assert.Equal($"process {process.Id} (node server.js)", await PortHolder.DescribeAsync(port, CancellationToken.None));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Of_a_port_that_nobody_holds_nothing_is_known() =>
        Assert.Equal("another program", await PortHolder.DescribeAsync(LoopbackPort.Choose(), CancellationToken.None));
}
