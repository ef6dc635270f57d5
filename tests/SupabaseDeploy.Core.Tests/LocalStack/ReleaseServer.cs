using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>Serves files as GitHub's releases are served, and breaks off or refuses as it is told.</summary>
internal sealed class ReleaseServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, byte[]> _files = new();

    public ReleaseServer()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>The first lines of the requests that came, with their range.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>After so many bytes of a body the connection is cut, each time.</summary>
    public int? CutAfter { get; set; }

    /// <summary>So many requests are answered with 503 first.</summary>
    public int Failing { get; set; }

    public void Put(string path, byte[] content) => _files["/" + path] = content;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            NetworkStream stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            string path = (await reader.ReadLineAsync())!.Split(' ')[1];
            int from = 0;
            while (await reader.ReadLineAsync() is { Length: > 0 } header)
            {
                if (header.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
                {
                    from = int.Parse(header["Range: bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
                }
            }

            Requests.Enqueue(from == 0 ? path : $"{path} from {from}");
            if (Failing > 0)
            {
                Failing--;
                await SendAsync(stream, "503 Service Unavailable", [], []);
            }
            else if (!_files.TryGetValue(path, out byte[]? content))
            {
                await SendAsync(stream, "404 Not Found", [], []);
            }
            else if (from >= content.Length)
            {
                await SendAsync(stream, "416 Range Not Satisfiable", [$"Content-Range: bytes */{content.Length}"], []);
            }
            else
            {
                string[] headers = from == 0 ? [] : [$"Content-Range: bytes {from}-{content.Length - 1}/{content.Length}"];
                await SendAsync(stream, from == 0 ? "200 OK" : "206 Partial Content", headers, content[from..]);
            }
        }
    }

    private async Task SendAsync(NetworkStream stream, string status, string[] headers, byte[] body)
    {
        string head = string.Join("\r\n", [$"HTTP/1.1 {status}", $"Content-Length: {body.Length}", "Connection: close", .. headers, "", ""]);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        await stream.WriteAsync(body.AsMemory(0, Math.Min(CutAfter ?? body.Length, body.Length)));
    }
}
