namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>A PostgreSQL URL does not have the documented form.</summary>
    public static readonly ErrorCode InvalidDatabaseUrl = new("InvalidDatabaseUrl", 2001, ErrorKind.InvalidArgument);

    /// <summary>No connection to the server could be made.</summary>
    public static readonly ErrorCode DatabaseUnreachable = new("DatabaseUnreachable", 2002, ErrorKind.ConnectionError);

    /// <summary>The server refused the user or the password.</summary>
    public static readonly ErrorCode DatabaseAuthenticationFailed = new("DatabaseAuthenticationFailed", 2003, ErrorKind.AuthenticationError);

    /// <summary>The server could not run a statement of ours.</summary>
    public static readonly ErrorCode DatabaseStatementFailed = new("DatabaseStatementFailed", 2004, ErrorKind.InvalidResult);

    /// <summary>The signed-in role may not do what is needed.</summary>
    public static readonly ErrorCode DatabasePermissionDenied = new("DatabasePermissionDenied", 2005, ErrorKind.PermissionDenied);

    /// <summary>The server ended, or ended the session, while it was used.</summary>
    public static readonly ErrorCode DatabaseConnectionLost = new("DatabaseConnectionLost", 2006, ErrorKind.ConnectionError);

    /// <summary>No usable PostgreSQL was found and none can be installed here.</summary>
    public static readonly ErrorCode PostgresNotFound = new("PostgresNotFound", 2010, ErrorKind.NotInstalled);

    /// <summary>The PostgreSQL installation that was asked for cannot be used.</summary>
    public static readonly ErrorCode PostgresUnusable = new("PostgresUnusable", 2011, ErrorKind.InvalidArgument);

    /// <summary>PostgreSQL could not be installed or downloaded.</summary>
    public static readonly ErrorCode PostgresInstallFailed = new("PostgresInstallFailed", 2012, ErrorKind.NotInstalled);

    /// <summary>There is no unprivileged user to run a server as.</summary>
    public static readonly ErrorCode NoUnprivilegedUser = new("NoUnprivilegedUser", 2013, ErrorKind.NotInstalled);

    /// <summary>The server's user cannot reach a folder it needs.</summary>
    public static readonly ErrorCode FolderUnreachable = new("FolderUnreachable", 2014, ErrorKind.PermissionDenied);

    /// <summary>The cluster was never started.</summary>
    public static readonly ErrorCode ClusterNotCreated = new("ClusterNotCreated", 2020, ErrorKind.ObjectNotFound);

    /// <summary>The server did not start.</summary>
    public static readonly ErrorCode ClusterStartFailed = new("ClusterStartFailed", 2021, ErrorKind.ResourceUnavailable);

    /// <summary>The server did not stop.</summary>
    public static readonly ErrorCode ClusterStopFailed = new("ClusterStopFailed", 2022, ErrorKind.OperationTimeout);

    /// <summary>The data folder belongs to another major version of PostgreSQL.</summary>
    public static readonly ErrorCode ClusterVersionMismatch = new("ClusterVersionMismatch", 2023, ErrorKind.InvalidData);

    /// <summary>The cluster's files contradict each other.</summary>
    public static readonly ErrorCode ClusterDamaged = new("ClusterDamaged", 2024, ErrorKind.InvalidData);

    /// <summary>The cluster was made by another user, who alone can run it.</summary>
    public static readonly ErrorCode ClusterOfOtherUser = new("ClusterOfOtherUser", 2025, ErrorKind.PermissionDenied);

    /// <summary>The signed-in role may not read a part of a database's schema.</summary>
    public static readonly ErrorCode CatalogUnreadable = new("CatalogUnreadable", 2030, ErrorKind.PermissionDenied);

    /// <summary>What was to be compared is neither an environment, a folder, a backup nor a database.</summary>
    public static readonly ErrorCode NothingToCompare = new("NothingToCompare", 2031, ErrorKind.ObjectNotFound);

    /// <summary>The ledger has no schema that the database could be compared with.</summary>
    public static readonly ErrorCode NoRecordedSchema = new("NoRecordedSchema", 2032, ErrorKind.ObjectNotFound);
}
