using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Bench;

/// <summary>PostgreSQL's own programs at work on a folder, as somebody without this module would call them.</summary>
/// <param name="installation">The programs.</param>
/// <param name="home">The folder that has the folder <c>data</c>.</param>
internal sealed class BareServer(PostgresInstallation installation, string home)
{
    public Task StartAsync() => RunAsync("pg_ctl", ["start", "-w", "-s", "-D", "data", "-l", Path.Combine("log", "server.log")]);

    public Task StopAsync() => RunAsync("pg_ctl", ["stop", "-w", "-s", "-D", "data", "-m", "fast"]);

    public async Task RunAsync(string program, IReadOnlyList<string> arguments)
    {
        ProcessRequest request = installation.Request(program, arguments) with { RunAs = StateFolders.OfThisMachine().ServerUser?.Name, WorkingDirectory = home };
        (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request);
    }
}
