using System.Collections.Concurrent;
using System.Net.Sockets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>A network between a publisher and its database that lets nobody through for a while. The lock's connection is idle then, and outlives it.</summary>
internal sealed class BrokenNetwork(TestDatabase database) : DatabaseProxy(database.Application)
{
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = [];
    private volatile bool _isBroken;

    protected override bool IsOpen => !_isBroken;

    public void Break()
    {
        _isBroken = true;
        foreach (TcpClient client in _clients.Keys)
        {
            client.Close();
        }
    }

    public void Mend() => _isBroken = false;

    protected override async Task PassOnAsync(TcpClient client, TcpClient server)
    {
        _clients[client] = true;
        Task up = CopyAsync(client, server), down = CopyAsync(server, client);
        await Task.WhenAny(up, down);
        _clients.TryRemove(client, out _);
        client.Close();
        server.Close();
        await Task.WhenAll(up, down);
    }

    private async Task CopyAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is > 0 and int count)
            {
                if (buffer.AsSpan(0, count).IndexOf("supabase-deploy lock"u8) >= 0)
                {
                    _clients.TryRemove(from, out _);
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two ended.
        }
    }
}
