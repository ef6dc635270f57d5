using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SupabaseDeploy.Gateway.Tests;

/// <summary>Sends a request line exactly as given.</summary>
internal static class RawHttp
{
    public static async Task<string> GetAsync(int port, string path)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
