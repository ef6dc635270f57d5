using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The database in a container. Supabase's image brings its roles and schemas; what its compose file adds by mounted scripts is added here,
/// and only where it is missing.
/// </summary>
internal static class DockerDatabase
{
    private const string Superuser = "supabase_admin";

    /// <summary>The database as the migrating role, as this machine reaches it.</summary>
    public static DatabaseAddress Application(int port, LocalKeys keys) =>
        new() { Host = "127.0.0.1", Port = port, Database = "postgres", User = "postgres", Password = keys.ServicePassword };

    /// <summary>The same as superuser.</summary>
    public static DatabaseAddress Administration(int port, LocalKeys keys) => Application(port, keys) with { User = Superuser };

    /// <summary>Whether it lets the superuser in.</summary>
    /// <returns>Null when it does; else why not.</returns>
    /// <exception cref="DeployException"><see cref="ErrorTable.VolumeKeysLost"/>.</exception>
    public static async Task<string?> AskAsync(DatabaseAddress administration, string volume, CancellationToken cancellationToken)
    {
        try
        {
            NpgsqlConnection connection = await (administration with { ConnectTimeout = TimeSpan.FromSeconds(5) }).OpenAsync(cancellationToken).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (DeployException e) when (e.Code == ErrorTable.DatabaseUnreachable)
        {
            return e.Message;
        }
        catch (DeployException e) when (e.Code == ErrorTable.DatabaseAuthenticationFailed)
        {
            throw new DeployException(
                ErrorTable.VolumeKeysLost,
                $"The database in volume '{volume}' does not accept the password that the project keeps: its 'keys.json' was deleted or replaced.",
                "Put the file back, or run 'Stop-LocalStack -RemoveData' to begin with an empty database.",
                volume,
                e);
        }
    }

    /// <summary>Adds what is missing, and gives the services' roles the stack's password.</summary>
    public static async Task PrepareAsync(DatabaseAddress administration, LocalKeys keys, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            if (!await IsTrueAsync(connection, "to_regprocedure('auth.uid()') is not null and to_regrole('authenticator') is not null", cancellationToken).ConfigureAwait(false))
            {
                await Bootstrap.ApplyAsync(connection, cancellationToken).ConfigureAwait(false);
            }

            if (!await IsTrueAsync(connection, "to_regnamespace('_realtime') is not null", cancellationToken).ConfigureAwait(false))
            {
                await RunAsync(connection, "create schema if not exists _realtime authorization supabase_admin", cancellationToken).ConfigureAwait(false);
            }

            if (!await IsTrueAsync(connection, "to_regprocedure('supabase_functions.http_request()') is not null", cancellationToken).ConfigureAwait(false))
            {
                await RunAsync(connection, WebhooksSchema, cancellationToken).ConfigureAwait(false);
                await Bootstrap.ApplyWebhooksAsync(connection, cancellationToken).ConfigureAwait(false);
            }
        }

        await ServiceRoles.EnsurePasswordAsync(administration, keys.ServicePassword, cancellationToken).ConfigureAwait(false);
    }

    private const string WebhooksSchema = """
        do $$
        begin
            if to_regrole('supabase_functions_admin') is null then
                create role supabase_functions_admin login noinherit createrole;
            end if;
            create schema if not exists supabase_functions authorization supabase_admin;
            grant usage on schema supabase_functions to postgres, anon, authenticated, service_role;
            grant all on schema supabase_functions to supabase_functions_admin;
        end
        $$
        """;

    private static async Task<bool> IsTrueAsync(NpgsqlConnection connection, string condition, CancellationToken cancellationToken)
    {
        using var query = new NpgsqlCommand($"select {condition}", connection);
        return (bool)(await query.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
