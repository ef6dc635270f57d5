namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>Of several databases, some were not migrated.</summary>
    public static readonly ErrorCode FleetNotMigrated = new("FleetNotMigrated", 3070, ErrorKind.InvalidResult);

    /// <summary>The version to go back to is not applied, or fewer migrations are than are to be undone.</summary>
    public static readonly ErrorCode UndoRangeNotApplied = new("UndoRangeNotApplied", 3071, ErrorKind.ObjectNotFound);

    /// <summary>The history changed between the plan of an undo and its run.</summary>
    public static readonly ErrorCode UndoPlanOutdated = new("UndoPlanOutdated", 3072, ErrorKind.InvalidOperation);

    /// <summary>A down script was not shown to restore what was there before its migration.</summary>
    public static readonly ErrorCode DownScriptUnproven = new("DownScriptUnproven", 3073, ErrorKind.InvalidOperation);
}
