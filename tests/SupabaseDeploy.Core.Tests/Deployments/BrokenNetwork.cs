using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>A network between a publisher and its database that lets nobody through for a while. The lock's connection is idle then, and outlives it.</summary>
internal sealed class BrokenNetwork : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TestDatabase _database;
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = [];
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private volatile bool _isBroken;

    public BrokenNetwork(TestDatabase database)
    {
        _database = database;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The database through this network.</summary>
    public DatabaseAddress Address => _database.Application with { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port };

    public void Break()
    {
        _isBroken = true;
        foreach (TcpClient client in _clients.Keys)
        {
            client.Close();
        }
    }

    public void Mend() => _isBroken = false;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                if (_isBroken)
                {
                    client.Dispose();
                    continue;
                }

                _connections.Add(ConnectAsync(client));
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task ConnectAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            await server.ConnectAsync(_database.Application.Host, _database.Application.Port);
            _clients[client] = true;
            Task up = PassOnAsync(client, server), down = PassOnAsync(server, client);
            await Task.WhenAny(up, down);
            _clients.TryRemove(client, out _);
            client.Close();
            server.Close();
            await Task.WhenAll(up, down);
        }
    }

    private async Task PassOnAsync(TcpClient from, TcpClient to)
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
