using Npgsql;

namespace SupabaseDeploy.Errors;

/// <summary>What the machine or the database did to us, where nobody nearer to it could say more: no defect of this product.</summary>
public static class OutsideFailure
{
    private const string Again = "Look whether the server runs, and run the command again: it continues from what the database says is done.";

    /// <summary>The exception with its row of the error table; null when it is of no such kind.</summary>
    public static DeployException? From(Exception exception) => exception switch
    {
        UnauthorizedAccessException e => new DeployException(
            ErrorTable.AccessDenied, e.Message, "Give the user that runs this the right to read and write there, or run it as the owner.", inner: e),
        IOException e => new DeployException(
            ErrorTable.FileAccessFailed, $"A file cannot be used: {e.Message}", "Check that it is there, and that its disk has space and may be written to; then run the command again.", inner: e),
        PostgresException e => From(e),
        NpgsqlException e => new DeployException(
            ErrorTable.DatabaseConnectionLost, $"The connection to the database was lost: {e.GetBaseException().Message}", Again, inner: e),
        _ => null,
    };

    private static DeployException From(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => new DeployException(
            ErrorTable.DatabaseConnectionLost, $"The connection to the database was lost: {e.MessageText}.", Again, inner: e),
        PostgresErrorCodes.InsufficientPrivilege => new DeployException(
            ErrorTable.DatabasePermissionDenied, $"The database does not allow it: {e.MessageText}.", "Sign in as a role that may do this, or grant it to this one.", inner: e),
        _ => new DeployException(
            ErrorTable.DatabaseStatementFailed,
            $"A statement failed in the database: {e.MessageText} (SQLSTATE {e.SqlState}).",
            "Check that nothing was changed by hand in schema 'supabase_deploy', and look into the server's log.",
            inner: e),
    };
}
