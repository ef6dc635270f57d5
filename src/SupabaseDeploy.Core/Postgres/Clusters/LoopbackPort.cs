using System.Net;
using System.Net.Sockets;

namespace SupabaseDeploy.Postgres;

/// <summary>TCP ports on 127.0.0.1.</summary>
public static class LoopbackPort
{
    // Below the ports that systems give to outgoing connections, so that a stopped server's port is not taken by chance.
    private const int First = 20000;
    private const int Last = 32000;

    /// <summary>A port that nobody listens on now.</summary>
    public static int Choose()
    {
        int port;
        do
        {
            port = Random.Shared.Next(First, Last);
        }
        while (!IsFree(port));

        return port;
    }

    /// <summary>True when a server could listen on the port now.</summary>
    public static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
