using System.Net.Sockets;
using System.Text;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations;

/// <summary>
/// A network that fails at the worst moment: it passes everything on until a client sends a certain text, and cuts that connection, either
/// before the server gets it or after the server has done it, with the answer lost. Once.
/// </summary>
internal sealed class CuttingProxy(DatabaseAddress database, string trigger, bool reachesServer) : DatabaseProxy(database)
{
    private readonly byte[] _trigger = Encoding.UTF8.GetBytes(trigger);
    private int _cuts;

    /// <summary>How many connections were cut.</summary>
    public int Cuts => _cuts;

    protected override async Task PassOnAsync(TcpClient client, TcpClient server)
    {
        using var cut = new CancellationTokenSource();
        Task up = RequestsAsync(client.GetStream(), server.GetStream(), cut);
        Task down = AnswersAsync(server.GetStream(), client.GetStream(), cut.Token);
        await Task.WhenAny(up, down);
        if (cut.IsCancellationRequested)
        {
            await up;
        }

        client.Close();
        server.Close();
        await Task.WhenAll(up, down);
    }

    private async Task RequestsAsync(NetworkStream from, NetworkStream to, CancellationTokenSource cut)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReadAsync(buffer) is > 0 and int count)
            {
                bool isCut = buffer.AsSpan(0, count).IndexOf(_trigger) >= 0 && Interlocked.CompareExchange(ref _cuts, 1, 0) == 0;
                if (isCut)
                {
                    await cut.CancelAsync(); // No answer reaches the client from here on.
                }

                if (!isCut || reachesServer)
                {
                    await to.WriteAsync(buffer.AsMemory(0, count));
                }

                if (isCut)
                {
                    // The first answer says that the server has the request; it goes on with it whatever becomes of the client.
                    await (reachesServer ? to.ReadExactlyAsync(buffer.AsMemory(0, 1)).AsTask() : Task.CompletedTask);
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // One of the two ended.
        }
    }

    private static async Task AnswersAsync(NetworkStream from, NetworkStream to, CancellationToken cut)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, cut) is > 0 and int count)
            {
                await to.WriteAsync(buffer.AsMemory(0, count), cut);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // One of the two ended, or the connection was cut.
        }
    }
}
