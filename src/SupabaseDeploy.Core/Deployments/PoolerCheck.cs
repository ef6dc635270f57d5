using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Recognises poolers in transaction mode. There, a session lock would be left on a server session that another client is given next.
/// </summary>
internal static class PoolerCheck
{
    private const int TransactionPort = 6543;

    /// <summary>True for Supabase's hosted platform, which has no databases of ours beside the application's.</summary>
    public static bool IsHosted(DatabaseAddress database) =>
        database.Host.EndsWith(".supabase.com", StringComparison.OrdinalIgnoreCase) || database.Host.EndsWith(".supabase.co", StringComparison.OrdinalIgnoreCase);

    /// <summary>Refuses the platform's documented transaction pooler without connecting.</summary>
    public static void EnsureAddressIsSession(DatabaseAddress database)
    {
        if (IsHosted(database) && database.Port == TransactionPort)
        {
            throw Refused(database);
        }
    }

    /// <summary>Refuses a connection whose server session is not its own.</summary>
    public static async Task EnsureSessionAsync(NpgsqlConnection connection, DatabaseAddress database, CancellationToken cancellationToken)
    {
        int first = await BackendAsync(connection, cancellationToken).ConfigureAwait(false);
        if (first == connection.ProcessID)
        {
            return; // The server itself announced this session: nothing is in between.
        }

        // A pooler answers. In session mode two connections have two backends; in transaction mode the idle one is handed on.
        NpgsqlConnection second = await Another(connection, database).OpenAsync(cancellationToken, "supabase-deploy pooler check").ConfigureAwait(false);
        await using (second.ConfigureAwait(false))
        {
            int other = await BackendAsync(second, cancellationToken).ConfigureAwait(false);
            int again = await BackendAsync(connection, cancellationToken).ConfigureAwait(false);
            if (IsTransactionPooled(first, other, again))
            {
                throw Refused(database);
            }
        }
    }

    /// <summary>The verdict from the backends that two open connections saw.</summary>
    /// <param name="first">The backend of the connection's first statement.</param>
    /// <param name="other">The backend of a second connection, opened meanwhile.</param>
    /// <param name="again">The backend of the first connection's second statement.</param>
    internal static bool IsTransactionPooled(int first, int other, int again) => first == other || first != again;

    private static DatabaseAddress Another(NpgsqlConnection connection, DatabaseAddress database) => database with { Database = connection.Database };

    private static async Task<int> BackendAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand("select pg_backend_pid()", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>The error for a pooler in transaction mode.</summary>
    internal static DeployException Refused(DatabaseAddress database) => new(
        ErrorTable.TransactionPooler,
        $"'{database}' is a pooler in transaction mode: a lock and a session's settings do not hold there.",
        IsHosted(database)
            ? $"Use the session connection '{database with { Port = 5432 }}', or the direct host of the project."
            : "Use the server's own address, or a pooler in session mode.",
        database);
}
