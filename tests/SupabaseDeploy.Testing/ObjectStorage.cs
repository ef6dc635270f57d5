using System.Diagnostics;
using System.Net.Sockets;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>
/// A server that speaks S3: the npm package <c>s3rver</c>, with one empty bucket. It knows access keys but does not work out signatures of version 4;
/// those are compared with the published examples.
/// </summary>
public sealed class ObjectStorage : IAsyncDisposable
{
    public const string Bucket = "releases";

    /// <summary>The server's own key and secret.</summary>
    public const string Key = "S3RVER";

    private readonly TemporaryFolder _folder = new();
    private readonly Process _server;

    private ObjectStorage(string node, string program, int port)
    {
        Endpoint = new Uri($"http://127.0.0.1:{port}");
        _server = Process.Start(new ProcessStartInfo(node, [program, "-s", "-d", _folder.Path, "-a", "127.0.0.1", "-p", $"{port}", "--configure-bucket", Bucket])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
    }

    public Uri Endpoint { get; }

    public static async Task<ObjectStorage> StartAsync()
    {
        string program = await NpmPackage.ProgramAsync("s3rver", "3.7.1", "s3rver");
        var storage = new ObjectStorage(ProgramSearch.Find("node")!, program, LoopbackPort.Choose());
        await Wait.UntilAsync(storage.IsListeningAsync);
        return storage;
    }

    public async ValueTask DisposeAsync()
    {
        _server.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync();
        _server.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> IsListeningAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(Endpoint.Host, Endpoint.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
