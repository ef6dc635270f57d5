namespace SupabaseDeploy.Errors;

/// <summary>
/// Every error this product can report. One file a room; numbers are stable:
/// 0xxx general, 1xxx environments, 2xxx PostgreSQL, 3xxx migrations, 4xxx local stack,
/// 5xxx releases, 6xxx deployments, 7xxx health, 8xxx backups, 9xxx Flutter applications.
/// </summary>
public static partial class ErrorTable
{
    /// <summary>An exception nobody expected: a defect in this product.</summary>
    public static readonly ErrorCode Unexpected = new("Unexpected", 1, ErrorKind.InvalidOperation);

    /// <summary>The state asked for by <c>-FailOn</c> was not met.</summary>
    public static readonly ErrorCode RequirementNotMet = new("RequirementNotMet", 2, ErrorKind.InvalidResult);

    /// <summary>A value given to a command cannot be used.</summary>
    public static readonly ErrorCode InvalidValue = new("InvalidValue", 3, ErrorKind.InvalidArgument);

    /// <summary>A question had to be asked and there is no terminal to ask it on.</summary>
    public static readonly ErrorCode ConfirmationImpossible = new("ConfirmationImpossible", 4, ErrorKind.InvalidOperation);

    /// <summary>A program this one needs is not installed.</summary>
    public static readonly ErrorCode ProgramNotFound = new("ProgramNotFound", 5, ErrorKind.NotInstalled);

    /// <summary>A program this one runs ended with a failure.</summary>
    public static readonly ErrorCode ProgramFailed = new("ProgramFailed", 6, ErrorKind.InvalidResult);

    /// <summary>A file or folder may not be read or written by this user.</summary>
    public static readonly ErrorCode AccessDenied = new("AccessDenied", 7, ErrorKind.PermissionDenied);

    /// <summary>A file or folder cannot be read or written: it is missing, the disk is full, or it fails.</summary>
    public static readonly ErrorCode FileAccessFailed = new("FileAccessFailed", 8, ErrorKind.WriteError);
}
