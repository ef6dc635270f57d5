using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>The connection of one run. When it ends, its server session has ended too, also when the connection broke on the way.</summary>
internal sealed class MigrationSession : IAsyncDisposable
{
    /// <summary>Sessions of this name change the database, and only under its lock.</summary>
    public const string ApplicationName = "supabase-deploy migrations";

    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(10);

    private readonly DatabaseAddress _database;
    private readonly IProgressSink _sink;

    private MigrationSession(DatabaseAddress database, NpgsqlConnection connection, IProgressSink sink)
    {
        _database = database;
        _sink = sink;
        Connection = connection;
        Listen();
    }

    public NpgsqlConnection Connection { get; private set; }

    /// <summary>Where the session is.</summary>
    public DatabaseAddress Database => _database;

    /// <summary>The server's process; a pooler gives a number of its own for it.</summary>
    public int Backend { get; private set; }

    public static async Task<MigrationSession> OpenAsync(DatabaseAddress database, IProgressSink sink, CancellationToken cancellationToken) =>
        new(database, await database.OpenAsync(cancellationToken, ApplicationName).ConfigureAwait(false), sink);

    /// <summary>
    /// Ends what a killed process left: the server releases its lock at once, but goes on with the statement it was at. Whoever holds the
    /// lock knows that no other session of this kind belongs to anybody. Call it before the history is read.
    /// </summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.MigrationSessionLeft"/>: one of them does not end.</exception>
    public async Task EndOrphansAsync(CancellationToken cancellationToken)
    {
        long ended = await EndOthersAsync(cancellationToken).ConfigureAwait(false);
        if (ended > 0)
        {
            _sink.Publish(new Notice($"Ended {ended} database {(ended == 1 ? "session" : "sessions")} of a migration whose process was killed."));
        }
    }

    /// <summary>Opens a new connection in place of a lost one, and makes sure that the lost one's server process has ended.</summary>
    public async Task ReopenAsync(CancellationToken cancellationToken)
    {
        await Connection.DisposeAsync().ConfigureAwait(false);
        Connection = await _database.OpenAsync(cancellationToken, ApplicationName).ConfigureAwait(false);
        Listen();
        await EndOthersAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Listen()
    {
        Backend = Connection.ProcessID;
        Connection.Notice += (_, notice) => _sink.Publish(Told(notice.Notice));
    }

    private async Task<long> EndOthersAsync(CancellationToken cancellationToken)
    {
        const string Orphans =
            """
            from pg_stat_activity
            where datname = current_database() and application_name = $1 and usename = current_user and pid <> pg_backend_pid()
            """;
        long ended = await CountAsync($"select count(pg_terminate_backend(pid, 10000)) {Orphans}", cancellationToken).ConfigureAwait(false);
        if (ended > 0 && await CountAsync($"select count(*) {Orphans}", cancellationToken).ConfigureAwait(false) > 0)
        {
            throw new DeployException(
                ErrorTable.MigrationSessionLeft,
                $"A migration whose process was killed is still at work in '{_database}' and does not end within 10 s. Nothing was run.",
                $"End the sessions whose application_name is '{ApplicationName}' in pg_stat_activity, then run the command again.",
                _database);
        }

        return ended;
    }

    public async ValueTask DisposeAsync()
    {
        bool isBroken = Connection.FullState != System.Data.ConnectionState.Open;
        await Connection.DisposeAsync().ConfigureAwait(false);
        if (isBroken)
        {
            await EndBackendAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What the server says is detail, except that an extension is not what it is on the platform.</summary>
    private static DeployEvent Told(PostgresNotice notice) => notice.SqlState == ShimExtensions.WarningState
        ? new Caution($"In the local database, {notice.MessageText}.")
        : new Detail($"{notice.InvariantSeverity}: {notice.MessageText}");

    private async Task<long> CountAsync(string sql, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(sql, Connection) { Parameters = { new NpgsqlParameter { Value = ApplicationName } } };
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>A backend does not notice a lost client while a statement runs, and would go on changing the database after the lock is free.</summary>
    private async Task EndBackendAsync()
    {
        using var limit = new CancellationTokenSource(s_endLimit);
        try
        {
            NpgsqlConnection other = await _database.OpenAsync(limit.Token).ConfigureAwait(false);
            await using (other.ConfigureAwait(false))
            {
                using var command = new NpgsqlCommand(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid = $1 and application_name = $2", other)
                {
                    Parameters = { new NpgsqlParameter { Value = Backend }, new NpgsqlParameter { Value = ApplicationName } },
                };
                await command.ExecuteNonQueryAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is DeployException or NpgsqlException or OperationCanceledException)
        {
            // The server cannot be reached: then nothing can be ended there, and the failure that broke the connection is on its way.
        }
    }
}
