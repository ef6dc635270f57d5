using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SupabaseDeploy.Core.Tests.Health;

/// <summary>A server on loopback that answers every request with the bytes it is told to, also wrong ones.</summary>
internal sealed class RawHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<NetworkStream, CancellationToken, Task> _answer;
    private readonly Task _serving;

    public RawHttpServer(Func<NetworkStream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public RawHttpServer(string response)
        : this((stream, token) => stream.WriteAsync(Encoding.UTF8.GetBytes(response), token).AsTask())
    {
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>Done when the first request has arrived.</summary>
    public Task Asked => _asked.Task;

    public static string Response(int status, string body, string headers = "") =>
        $"HTTP/1.1 {status} Status\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n{headers}\r\n{body}";

    /// <summary>Reads the request and then says nothing, until the server stops.</summary>
    public static RawHttpServer Silent() => new((_, token) => Never(token));

    public static async Task Never(CancellationToken cancellationToken)
    {
        var never = new TaskCompletionSource();
        await using CancellationTokenRegistration _ = cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
        await never.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var answers = new List<Task>();
        try
        {
            while (true)
            {
                answers.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException && _stop.IsCancellationRequested)
        {
            await Task.WhenAll(answers); // It may be stopped between two calls too.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            NetworkStream stream = client.GetStream();
            try
            {
                await ReadRequestAsync(stream);
                _asked.TrySetResult();
                await _answer(stream, _stop.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The client went away, or the test is over: both are ordinary ends of a conversation.
            }
        }
    }

    private async Task ReadRequestAsync(NetworkStream stream)
    {
        var request = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0)
            {
                throw new IOException("The request ended early.");
            }

            request.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
    }
}
