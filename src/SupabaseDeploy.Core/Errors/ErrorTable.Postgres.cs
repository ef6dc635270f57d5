namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>A PostgreSQL URL does not have the documented form.</summary>
    public static readonly ErrorCode InvalidDatabaseUrl = new("InvalidDatabaseUrl", 2001, ErrorKind.InvalidArgument);

    /// <summary>No connection to the server could be made.</summary>
    public static readonly ErrorCode DatabaseUnreachable = new("DatabaseUnreachable", 2002, ErrorKind.ConnectionError);

    /// <summary>The server refused the user or the password.</summary>
    public static readonly ErrorCode DatabaseAuthenticationFailed = new("DatabaseAuthenticationFailed", 2003, ErrorKind.AuthenticationError);
}
