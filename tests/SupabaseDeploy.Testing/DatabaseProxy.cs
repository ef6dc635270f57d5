using System.Net;
using System.Net.Sockets;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>A network between clients and a database, for tests of what becomes of connections.</summary>
public abstract class DatabaseProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly DatabaseAddress _server;
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    protected DatabaseProxy(DatabaseAddress server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The database through this network.</summary>
    public DatabaseAddress Address => _server with { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port };

    /// <summary>False while nobody is let through.</summary>
    protected virtual bool IsOpen => true;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
    }

    /// <summary>Passes on what the two say, until one of them ends.</summary>
    protected abstract Task PassOnAsync(TcpClient client, TcpClient server);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                if (!IsOpen)
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
            await server.ConnectAsync(_server.Host, _server.Port);
            await PassOnAsync(client, server);
        }
    }
}
