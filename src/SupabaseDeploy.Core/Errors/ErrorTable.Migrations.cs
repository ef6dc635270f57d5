namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>The folder of the migrations does not exist.</summary>
    public static readonly ErrorCode MigrationsFolderNotFound = new("MigrationsFolderNotFound", 3001, ErrorKind.ObjectNotFound);

    /// <summary>Two files have the same version.</summary>
    public static readonly ErrorCode DuplicateMigrationVersion = new("DuplicateMigrationVersion", 3002, ErrorKind.InvalidData);

    /// <summary>An SQL file holds bytes that are not UTF-8.</summary>
    public static readonly ErrorCode SqlFileNotUtf8 = new("SqlFileNotUtf8", 3003, ErrorKind.InvalidData);

    /// <summary>An SQL file holds something that cannot be run safely; nothing was run.</summary>
    public static readonly ErrorCode MigrationRefused = new("MigrationRefused", 3004, ErrorKind.InvalidData);

    /// <summary>A pending file is older than the newest applied one.</summary>
    public static readonly ErrorCode MigrationOutOfOrder = new("MigrationOutOfOrder", 3005, ErrorKind.InvalidOperation);

    /// <summary>The server refused a statement of a migration.</summary>
    public static readonly ErrorCode MigrationFailed = new("MigrationFailed", 3006, ErrorKind.InvalidResult);

    /// <summary>The history read again is not what it should be.</summary>
    public static readonly ErrorCode MigrationHistoryMismatch = new("MigrationHistoryMismatch", 3007, ErrorKind.InvalidResult);

    /// <summary>A migration cannot be undone.</summary>
    public static readonly ErrorCode MigrationNotUndoable = new("MigrationNotUndoable", 3008, ErrorKind.InvalidOperation);

    /// <summary>A migration's name cannot be used.</summary>
    public static readonly ErrorCode InvalidMigrationName = new("InvalidMigrationName", 3009, ErrorKind.InvalidArgument);

    /// <summary><c>supabase/config.toml</c> cannot be read.</summary>
    public static readonly ErrorCode InvalidSupabaseConfiguration = new("InvalidSupabaseConfiguration", 3010, ErrorKind.InvalidData);

    /// <summary>The connection ended while a file ran; the history says whether it was committed.</summary>
    public static readonly ErrorCode MigrationConnectionLost = new("MigrationConnectionLost", 3012, ErrorKind.ConnectionError);

    /// <summary>The server refused what the runner itself asked: the history cannot be read or written.</summary>
    public static readonly ErrorCode MigrationHistoryInaccessible = new("MigrationHistoryInaccessible", 3013, ErrorKind.PermissionDenied);

    /// <summary>The session of a killed migration is still at work and does not end.</summary>
    public static readonly ErrorCode MigrationSessionLeft = new("MigrationSessionLeft", 3014, ErrorKind.ResourceBusy);

    /// <summary>A version is recorded for another migration than the file that has it.</summary>
    public static readonly ErrorCode MigrationVersionTaken = new("MigrationVersionTaken", 3030, ErrorKind.InvalidOperation);

    /// <summary>A file was edited after it was applied.</summary>
    public static readonly ErrorCode AppliedMigrationEdited = new("AppliedMigrationEdited", 3031, ErrorKind.InvalidOperation);

    /// <summary>A repair that was asked for makes no sense here.</summary>
    public static readonly ErrorCode RepairNotPossible = new("RepairNotPossible", 3032, ErrorKind.InvalidArgument);

    /// <summary>Folder or history changed between the plan of a repair and the repair.</summary>
    public static readonly ErrorCode RepairOutdated = new("RepairOutdated", 3033, ErrorKind.InvalidOperation);
}
