namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>The environment has no backup of that id, or none at all.</summary>
    public static readonly ErrorCode BackupNotFound = new("BackupNotFound", 8001, ErrorKind.ObjectNotFound);

    /// <summary>Files of a backup are corrupted, truncated, missing or were added.</summary>
    public static readonly ErrorCode BackupDamaged = new("BackupDamaged", 8002, ErrorKind.InvalidData);

    /// <summary>The installed pg_dump is older than the server.</summary>
    public static readonly ErrorCode DumpProgramTooOld = new("DumpProgramTooOld", 8003, ErrorKind.NotInstalled);

    /// <summary>A backup could not be taken.</summary>
    public static readonly ErrorCode BackupFailed = new("BackupFailed", 8004, ErrorKind.InvalidResult);

    /// <summary>A backup could not be restored; the live database is as it was.</summary>
    public static readonly ErrorCode RestoreFailed = new("RestoreFailed", 8005, ErrorKind.InvalidResult);

    /// <summary>The place gives no role that may create and rename databases.</summary>
    public static readonly ErrorCode RestoreNotPossible = new("RestoreNotPossible", 8006, ErrorKind.PermissionDenied);

    /// <summary>The live database could not be replaced, because sessions could not be ended.</summary>
    public static readonly ErrorCode DatabaseInUse = new("DatabaseInUse", 8007, ErrorKind.ResourceBusy);
}
