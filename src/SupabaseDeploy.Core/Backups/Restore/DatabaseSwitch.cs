using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>
/// Gives a restored database the live one's name, in one transaction of the maintenance database together with the journal: there is no
/// moment, and no crash, after which neither or both have the name. While the transaction runs new sessions wait at the server;
/// when the process dies, the server rolls back and lets them in to the old database.
/// </summary>
/// <param name="maintenance">The maintenance database as a role that may rename databases and end sessions.</param>
/// <param name="sink">Told about each step.</param>
/// <param name="time">The clock.</param>
internal sealed class DatabaseSwitch(DatabaseAddress maintenance, IProgressSink sink, TimeProvider time)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(50);

    /// <summary>Switches. Sessions of the live database are ended; the replaced database takes no sessions afterwards.</summary>
    /// <param name="entry">The names.</param>
    /// <param name="hasLive">False where there is no database to replace.</param>
    /// <param name="cancellationToken">Stops it until it is committed.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.DatabaseInUse"/>; nothing was changed.</exception>
    public async Task RunAsync(RestoreEntry entry, bool hasLive, CancellationToken cancellationToken)
    {
        NpgsqlConnection session = await maintenance.OpenAsync(cancellationToken, "supabase-deploy switch").ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            NpgsqlTransaction transaction = hasLive
                ? await RenameLiveAsync(session, entry, cancellationToken).ConfigureAwait(false)
                : await session.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                sink.Publish(new Detail($"No session is left in '{entry.Live}', and none can begin."));
                var catalog = new DatabaseContents(session);
                await catalog.ExecuteAsync(Rename(entry.Restored, entry.Live), cancellationToken).ConfigureAwait(false);
                if (hasLive)
                {
                    await catalog.ExecuteAsync($"alter database {Queries.Quote(entry.Previous)} allow_connections false", cancellationToken).ConfigureAwait(false);
                }

                await new RestoreJournal(session).WriteStateAsync(entry.Id, RestoreState.Switched, cancellationToken).ConfigureAwait(false);
                // A commit that was asked for and then cancelled would leave us not knowing.
                await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// The rename locks the database against new sessions and then waits some seconds for the old ones to end,
    /// which another connection sees to meanwhile.
    /// </summary>
    private async Task<NpgsqlTransaction> RenameLiveAsync(NpgsqlConnection session, RestoreEntry entry, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        NpgsqlConnection other = await maintenance.OpenAsync(cancellationToken, "supabase-deploy switch").ConfigureAwait(false);
        await using (other.ConfigureAwait(false))
        {
            while (true)
            {
                NpgsqlTransaction transaction = await session.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    Task rename = new DatabaseContents(session).ExecuteAsync(Rename(entry.Live, entry.Previous), cancellationToken);
                    await EndSessionsUntilAsync(rename, other, entry.Live, cancellationToken).ConfigureAwait(false);
                    return transaction;
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse)
                {
                    await transaction.DisposeAsync().ConfigureAwait(false);
                    if (time.GetElapsedTime(started) > s_patience)
                    {
                        throw InUse(entry.Live, e);
                    }
                }
                catch
                {
                    await transaction.DisposeAsync().ConfigureAwait(false);
                    throw;
                }
            }
        }
    }

    private async Task EndSessionsUntilAsync(Task rename, NpgsqlConnection other, string database, CancellationToken cancellationToken)
    {
        var catalog = new DatabaseContents(other);
        try
        {
            while (!rename.IsCompleted)
            {
                // The rename itself ends autovacuum; only a superuser may do it from here.
                await catalog.ExecuteAsync(
                    $"select pg_terminate_backend(pid) from pg_stat_activity where datname = {DatabaseContents.Literal(database)} and backend_type <> 'autovacuum worker'",
                    cancellationToken).ConfigureAwait(false);
                await Task.WhenAny(rename, Task.Delay(s_poll, time, cancellationToken)).ConfigureAwait(false);
            }
        }
        finally
        {
            // Whatever happened to the other connection, the rename's own is not used again before it has answered.
            await rename.ConfigureAwait(false);
        }
    }

    private static string Rename(string from, string to) => $"alter database {Queries.Quote(from)} rename to {Queries.Quote(to)}";

    private static DeployException InUse(string database, PostgresException cause) => new(
        ErrorTable.DatabaseInUse,
        $"Database '{database}' cannot be replaced: {cause.Detail ?? cause.MessageText}".TrimEnd('.') + ".",
        "End its prepared transactions and replication connections, then restore again.",
        database,
        cause);
}
