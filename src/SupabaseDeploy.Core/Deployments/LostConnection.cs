using Npgsql;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Deployments;

/// <summary>Failures that say that the database gives no answer, and nothing of what is in it.</summary>
internal static class LostConnection
{
    public static bool Is(Exception failure) => failure switch
    {
        DeployException { Code: var code } => code == ErrorTable.DatabaseUnreachable || code == ErrorTable.CloudDatabaseUnreachable,
        PostgresException { SqlState: var state } =>
            state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow,
        _ => failure is NpgsqlException,
    };
}
