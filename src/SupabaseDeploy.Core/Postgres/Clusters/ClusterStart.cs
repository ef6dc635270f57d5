using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>Starts a server on a home's data, on the port it had if that is free.</summary>
internal static class ClusterStart
{
    private const int Attempts = 4;

    /// <summary>The wished port if it is free, else the one that the server had.</summary>
    public static async Task<int> WishedPortAsync(int? wish, int last, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (wish is not { } wished || wished == last)
        {
            return last;
        }

        if (LoopbackPort.IsFree(wished))
        {
            return wished;
        }

        string holder = await PortHolder.DescribeAsync(wished, cancellationToken).ConfigureAwait(false);
        sink.Publish(new Notice($"Port {wished} is taken by {holder}; the database server listens on port {last}."));
        return last;
    }

    /// <summary>Starts the server.</summary>
    /// <returns>The port it listens on.</returns>
    /// <exception cref="DeployException"><see cref="ErrorTable.ClusterStartFailed"/> with the end of the server's log.</exception>
    public static async Task<int> RunAsync(
        PostgresServer server, ClusterHome home, int port, bool isThrowAway, IProgressSink sink, CancellationToken cancellationToken)
    {
        ServerProcess.ClearTheWay(home.Data);
        string log = "";
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            // Another program may take the port between the look and the server's start; then the server's log says so.
            if (attempt > 0 || !LoopbackPort.IsFree(port))
            {
                int other = LoopbackPort.Choose();
                string holder = await PortHolder.DescribeAsync(port, cancellationToken).ConfigureAwait(false);
                sink.Publish(new Notice($"Port {port} is taken by {holder}; the database server moves to port {other}."));
                port = other;
            }

            await ServerSettings.WriteAsync(home, server.Installation, port, isThrowAway, cancellationToken).ConfigureAwait(false);
            string? failure = await server.TryStartAsync(cancellationToken).ConfigureAwait(false);
            if (failure is null)
            {
                return port;
            }

            log = failure;
            if (!log.Contains("could not bind", StringComparison.Ordinal))
            {
                break;
            }
        }

        throw new DeployException(
            ErrorTable.ClusterStartFailed,
            $"The server in '{home.Data}' does not start; it says:\n{log}",
            $"Correct what the log '{home.Log}' reports. If the data is worth nothing, remove the cluster and start it again.",
            home.Data);
    }
}
