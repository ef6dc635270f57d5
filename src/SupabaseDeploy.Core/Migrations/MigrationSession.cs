using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>The connection of one run. When it ends, its server session has ended too, also when the connection broke on the way.</summary>
internal sealed class MigrationSession : IAsyncDisposable
{
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(10);

    private readonly DatabaseAddress _database;
    private readonly int _backend;

    private MigrationSession(DatabaseAddress database, NpgsqlConnection connection, IProgressSink sink)
    {
        _database = database;
        _backend = connection.ProcessID;
        Connection = connection;
        connection.Notice += (_, notice) => sink.Publish(new Detail($"{notice.Notice.InvariantSeverity}: {notice.Notice.MessageText}"));
    }

    public NpgsqlConnection Connection { get; }

    public static async Task<MigrationSession> OpenAsync(DatabaseAddress database, IProgressSink sink, CancellationToken cancellationToken) =>
        new(database, await database.OpenAsync(cancellationToken, "supabase-deploy migrations").ConfigureAwait(false), sink);

    public async ValueTask DisposeAsync()
    {
        bool isBroken = Connection.FullState != System.Data.ConnectionState.Open;
        await Connection.DisposeAsync().ConfigureAwait(false);
        if (isBroken)
        {
            await EndBackendAsync().ConfigureAwait(false);
        }
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
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid = $1 and application_name = 'supabase-deploy migrations'", other)
                {
                    Parameters = { new NpgsqlParameter { Value = _backend } },
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
