using System.Globalization;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>nginx from Debian's packages with a configuration of one's own, until it is disposed.</summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly string _program;
    private readonly string _configuration;

    private NginxServer(string program, string configuration) => (_program, _configuration) = (program, configuration);

    /// <summary>Starts it.</summary>
    /// <param name="folder">For its files.</param>
    /// <param name="name">Names them.</param>
    /// <param name="http">What stands in the block <c>http</c>.</param>
    public static async Task<NginxServer> StartAsync(TemporaryFolder folder, string name, FormattableString http)
    {
        string program = await DebianProgram.FindOrInstallAsync("nginx", "nginx");
        string files = Path.Combine(folder.Path, name);
        string configuration = folder.Write(
            name + ".conf",
            $$"""
            worker_processes auto;
            pid "{{files}}.pid";
            error_log "{{files}}.error.log";
            events { worker_connections 1024; }
            http {
                access_log "{{files}}.access.log";
                {{http.ToString(CultureInfo.InvariantCulture)}}
            }

            """);
        var server = new NginxServer(program, configuration);
        await server.RunAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await RunAsync("-s", "quit");

    private async Task RunAsync(params string[] more)
    {
        var request = new ProcessRequest(_program, ["-q", "-c", _configuration, .. more]);
        (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request);
    }
}
