using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>Tries one way to a database, layer by layer, so that a failure can be said exactly.</summary>
internal static class ConnectionProbe
{
    private static readonly TimeSpan s_tcpLimit = TimeSpan.FromSeconds(5);

    public static async Task<ConnectionAttempt> TryAsync(string way, DatabaseAddress address, CancellationToken cancellationToken)
    {
        LayerFailure? failure =
            await TryNetworkAsync(address, cancellationToken).ConfigureAwait(false) ?? await TrySessionAsync(address, cancellationToken).ConfigureAwait(false);
        return new ConnectionAttempt(way, address, failure?.Layer, failure?.Cause) { Failure = failure?.Exception };
    }

    private static async Task<LayerFailure?> TryNetworkAsync(DatabaseAddress address, CancellationToken cancellationToken)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(address.Host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            return new LayerFailure(ConnectionLayer.Dns, $"the name '{address.Host}' has no address ({e.Message.TrimEnd('.')})", e);
        }

        var failures = new List<SocketException>();
        foreach (IPAddress ip in addresses)
        {
            if (await TryTcpAsync(ip, address.Port, cancellationToken).ConfigureAwait(false) is not { } failure)
            {
                return null;
            }

            failures.Add(failure);
        }

        bool isWithoutIpv6 = addresses.All(ip => ip.AddressFamily == AddressFamily.InterNetworkV6) && failures.TrueForAll(failure => IsWithoutRoute(failure.SocketErrorCode));
        return isWithoutIpv6
            ? new LayerFailure(ConnectionLayer.Ipv6, $"'{address.Host}' has only addresses of IPv6, and this machine has no way to them", failures.LastOrDefault())
            : new LayerFailure(ConnectionLayer.Tcp, string.Join("; ", addresses.Zip(failures, (ip, failure) => string.Create(CultureInfo.InvariantCulture, $"{ip} port {address.Port}: {failure.Message.TrimEnd('.')}"))), failures[^1]);
    }

    private static async Task<SocketException?> TryTcpAsync(IPAddress ip, int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_tcpLimit);
        try
        {
            using var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(ip, port, limit.Token).ConfigureAwait(false);
            return null;
        }
        catch (SocketException e)
        {
            return e;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SocketException((int)SocketError.TimedOut);
        }
    }

    private static async Task<LayerFailure?> TrySessionAsync(DatabaseAddress address, CancellationToken cancellationToken)
    {
        try
        {
            await using (await address.OpenAsync(cancellationToken, "supabase-deploy connection check").ConfigureAwait(false))
            {
                return null;
            }
        }
        catch (Exception e) when (e is DeployException or NpgsqlException)
        {
            Exception cause = (e as DeployException)?.InnerException ?? e;
            return new LayerFailure(LayerOf(cause), Clause(cause), cause);
        }
    }

    private static ConnectionLayer LayerOf(Exception cause)
    {
        if (cause is PostgresException server)
        {
            // A ban and a restriction are answered in words, if at all: "Address not in tenant allow_list" is the pooler's.
            bool isSignIn = server.SqlState.StartsWith("28", StringComparison.Ordinal) || server.MessageText.Contains("password", StringComparison.OrdinalIgnoreCase);
            return isSignIn ? ConnectionLayer.Authentication : ConnectionLayer.Session;
        }

        for (Exception? inner = cause; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException || inner.Message.Contains("SSL", StringComparison.Ordinal))
            {
                return ConnectionLayer.Tls;
            }
        }

        return ConnectionLayer.Session;
    }

    private static string Clause(Exception cause)
    {
        Exception deepest = cause.GetBaseException();
        string text = cause is PostgresException server ? server.MessageText : deepest.Message;
        return text.ReplaceLineEndings(" ").TrimEnd('.');
    }

    private static bool IsWithoutRoute(SocketError error) =>
        error is SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable;

    private sealed record LayerFailure(ConnectionLayer Layer, string Cause, Exception? Exception);
}
