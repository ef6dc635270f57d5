using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>The database beside the application's that holds the lock and the journal of restores, so that the application's can be renamed.</summary>
internal static class MaintenanceDatabase
{
    /// <summary>Its address, and the database itself where the server does not have it yet.</summary>
    /// <param name="application">The application's database as its own role.</param>
    /// <param name="administration">The same as a role that may create databases.</param>
    /// <param name="wait">How long to wait for the lock where it must be created.</param>
    /// <param name="sink">Told who is waited for.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<DatabaseAddress> EnsureAsync(
        DatabaseAddress application, DatabaseAddress administration, TimeSpan wait, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (await FindAsync(administration, cancellationToken).ConfigureAwait(false) is { } known)
        {
            return known;
        }

        // From the moment it exists the lock is looked for there: whoever holds it in the application's database must be done first.
        DeploymentLock held = await DeploymentLock.AcquireAsync(application, "create the maintenance database", wait, sink, cancellationToken).ConfigureAwait(false);
        await using (held.ConfigureAwait(false))
        {
            NpgsqlConnection connection = await administration.OpenAsync(cancellationToken, "supabase-deploy restore").ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var catalog = new DatabaseContents(connection);
                string name = Queries.Quote(LockSession.MaintenanceDatabase);
                await catalog.ExecuteAsync($"create database {name}", cancellationToken).ConfigureAwait(false);
                await catalog.ExecuteAsync($"grant connect, create on database {name} to {Queries.Quote(application.User)}", cancellationToken).ConfigureAwait(false);
            }
        }

        return Of(administration);
    }

    /// <summary>Its address; null where the server does not have it.</summary>
    public static async Task<DatabaseAddress?> FindAsync(DatabaseAddress administration, CancellationToken cancellationToken)
    {
        DatabaseAddress maintenance = Of(administration);
        try
        {
            NpgsqlConnection connection = await maintenance.OpenAsync(cancellationToken, "supabase-deploy restore").ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            return maintenance;
        }
        catch (DeployException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName })
        {
            return null;
        }
    }

    private static DatabaseAddress Of(DatabaseAddress administration) => administration with { Database = LockSession.MaintenanceDatabase };
}
