using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>Opens the session that holds a lock: in the right database, and for certain a session of its own.</summary>
internal static class LockSession
{
    /// <summary>The database that exists for our own bookkeeping, so that the application's can be renamed.</summary>
    public const string MaintenanceDatabase = "_supabase_deploy";

    private const string ApplicationName = "supabase-deploy lock";

    // Only answers that will be the same next time: falling back on a passing failure would give two holders two different locks.
    private static readonly string[] s_notUsableStates =
    [
        PostgresErrorCodes.InvalidCatalogName,
        PostgresErrorCodes.InsufficientPrivilege,
        PostgresErrorCodes.InvalidAuthorizationSpecification,
        PostgresErrorCodes.ObjectNotInPrerequisiteState,
    ];

    /// <summary>The session, and the name of the database that is locked: the server's own, where a pooler knows it by another.</summary>
    public static async Task<(NpgsqlConnection Connection, string Database)> OpenAsync(DatabaseAddress database, CancellationToken cancellationToken)
    {
        PoolerCheck.EnsureAddressIsSession(database);
        NpgsqlConnection connection = await OpenAnyAsync(database, cancellationToken).ConfigureAwait(false);
        try
        {
            await PoolerCheck.EnsureSessionAsync(connection, database, cancellationToken).ConfigureAwait(false);
            // The platform's roles come with time limits that would end a long wait or an idle holder. The owner's row need not reach the disk: after a
            // crash of the server nobody holds the lock.
            using var command = new NpgsqlCommand(
                "set statement_timeout = 0; set idle_session_timeout = 0; set lock_timeout = 0; set synchronous_commit = off; select current_database()::text", connection);
            string connected = (string)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            return (connection, connected == MaintenanceDatabase ? database.Database : connected);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<NpgsqlConnection> OpenAnyAsync(DatabaseAddress database, CancellationToken cancellationToken)
    {
        if (PoolerCheck.IsHosted(database))
        {
            return await database.OpenAsync(cancellationToken, ApplicationName).ConfigureAwait(false);
        }

        try
        {
            return await (database with { Database = MaintenanceDatabase }).OpenAsync(cancellationToken, ApplicationName).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.InnerException is PostgresException server && IsNotUsable(server))
        {
            return await database.OpenAsync(cancellationToken, ApplicationName).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.InnerException is { } cause)
        {
            throw database.CannotConnect(cause); // Nobody asked for the maintenance database.
        }
    }

    // PgBouncer before 1.23 answers a protocol violation for a database it does not know.
    private static bool IsNotUsable(PostgresException server) =>
        s_notUsableStates.Contains(server.SqlState)
        || (server.SqlState == PostgresErrorCodes.ProtocolViolation && server.MessageText.Contains("no such database", StringComparison.Ordinal));
}
