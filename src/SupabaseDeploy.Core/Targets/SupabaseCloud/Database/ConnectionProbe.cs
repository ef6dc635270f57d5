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
        (ConnectionLayer Layer, string Cause)? failure =
            await TryNetworkAsync(address, cancellationToken).ConfigureAwait(false) ?? await TrySessionAsync(address, cancellationToken).ConfigureAwait(false);
        return new ConnectionAttempt(way, address, failure?.Layer, failure?.Cause);
    }

    private static async Task<(ConnectionLayer, string)?> TryNetworkAsync(DatabaseAddress address, CancellationToken cancellationToken)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(address.Host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            return (ConnectionLayer.Dns, $"the name '{address.Host}' has no address ({e.Message.TrimEnd('.')})");
        }

        if (addresses.Length == 0)
        {
            return (ConnectionLayer.Dns, $"the name '{address.Host}' has no address");
        }

        var failures = new List<(SocketError Error, string Cause)>();
        foreach (IPAddress ip in addresses)
        {
            (SocketError Error, string Cause)? failure = await TryTcpAsync(ip, address.Port, cancellationToken).ConfigureAwait(false);
            if (failure is null)
            {
                return null;
            }

            failures.Add(failure.Value);
        }

        bool isOnlyIpv6 = addresses.All(ip => ip.AddressFamily == AddressFamily.InterNetworkV6);
        return isOnlyIpv6 && failures.TrueForAll(failure => IsWithoutRoute(failure.Error))
            ? (ConnectionLayer.Ipv6, $"'{address.Host}' has only addresses of IPv6, and this machine has no way to them")
            : (ConnectionLayer.Tcp, string.Join("; ", failures.Select(failure => failure.Cause).Distinct(StringComparer.Ordinal)));
    }

    private static async Task<(SocketError, string)?> TryTcpAsync(IPAddress ip, int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_tcpLimit);
        string shown = string.Create(CultureInfo.InvariantCulture, $"{ip} port {port}");
        try
        {
            using var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(ip, port, limit.Token).ConfigureAwait(false);
            return null;
        }
        catch (SocketException e)
        {
            return (e.SocketErrorCode, $"{shown}: {e.Message.TrimEnd('.')}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (SocketError.TimedOut, $"{shown}: no answer within {s_tcpLimit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        }
    }

    private static async Task<(ConnectionLayer, string)?> TrySessionAsync(DatabaseAddress address, CancellationToken cancellationToken)
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
            return (LayerOf(cause), Clause(cause));
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
}
