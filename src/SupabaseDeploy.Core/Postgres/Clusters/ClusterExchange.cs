using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// Exchanges the data of a cluster for that of another one. There is no moment, and no crash, after which there is neither the old data nor
/// the new.
/// </summary>
internal sealed class ClusterExchange(ClusterHome home, ClusterOptions options, TimeProvider time, ClusterPrograms programs)
{
    /// <summary>Brings the new data beside the old, whole and flushed, while the old server runs.</summary>
    /// <param name="data">The other cluster's data folder; it is moved.</param>
    /// <param name="installation">The programs that it was made with.</param>
    /// <param name="passwords">What its passwords are to be; null when they are that.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The server to run on it.</returns>
    public async Task<PostgresServer> PrepareAsync(
        string data, PostgresInstallation installation, ClusterPasswords? passwords, IProgressSink sink, CancellationToken cancellationToken)
    {
        home.DeleteLeftovers();
        Directory.Move(data, home.NextData);
        home.KeepSettings();
        PostgresInstallation served = await programs.ServedAsync(installation, home, home.NextData, sink, cancellationToken).ConfigureAwait(false);
        var server = new PostgresServer(served, home, options.Patience, time);
        if (passwords is not null)
        {
            await server.SetPasswordsAsync(Path.GetFileName(home.NextData), passwords, cancellationToken).ConfigureAwait(false);
        }

        DurableFolder.FlushAll(home.NextData);
        return server;
    }

    /// <summary>Exchanges the data of the stopped server and starts it; the old data is deleted meanwhile.</summary>
    /// <param name="server">What was prepared.</param>
    /// <param name="port">The port it had.</param>
    /// <param name="sink">Is told what is being done.</param>
    /// <param name="finish">Called when the server listens on a port.</param>
    public async Task<TimeSpan> RunAsync(PostgresServer server, int port, IProgressSink sink, Func<int, Task<TimeSpan>> finish)
    {
        sink.Publish(new Detail("Exchanging the data."));
        home.ReplaceData();
        var removal = Task.Run(home.DeleteLeftovers, CancellationToken.None);
        try
        {
            sink.Publish(new Detail("Starting the server on the new data."));
            return await finish(
                await ClusterStart.RunAsync(server, home, port, options.IsThrowAway, sink, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            await removal.ConfigureAwait(false);
        }
    }
}
