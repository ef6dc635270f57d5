using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Ends a ledger while a platform is about to replace its database: what is written after the ledger was kept would be lost with the database. The event
/// <see cref="LedgerEvent.RestoreAsked"/> of a restore that runs closes it; that the restore ends, or is taken over, opens it.
/// </summary>
internal static class LedgerClosing
{
    /// <summary>The statement that reads a column of the restore that the platform was asked for and that still runs; no row where the ledger is open.</summary>
    public static string Read(string column) =>
        $"""
        select restore.{column}
        from supabase_deploy.events asked join supabase_deploy.deployments restore on restore.id = asked.deployment_id
        where asked.kind = '{LedgerEvent.RestoreAsked}' and restore.status = 'Running'
        limit 1
        """;

    /// <summary>Keeps every other writer out of a table until the end of the transaction.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.RestoreUnderWay"/>: the ledger is closed.</exception>
    public static async Task LockOpenAsync(LedgerSession session, string table, DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = session.Command($"lock table supabase_deploy.{table} in share row exclusive mode; {Read("requested_by")}");
        if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string by)
        {
            throw new DeployException(
                ErrorTable.RestoreUnderWay,
                $"Nothing is written to the ledger of '{environment}' now, because it would be lost: the platform was asked to replace the database, by {by}.",
                $"Run the command again when the restore has ended: Get-Deployment {environment} -Latest",
                environment);
        }
    }

    /// <summary>Keeps every other writer out of what is written without the deployment lock.</summary>
    public static Task LockAllAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteAsync("lock table supabase_deploy.evidence, supabase_deploy.events in share row exclusive mode", cancellationToken);
}
