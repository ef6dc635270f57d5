namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>A pending migration failed in its rehearsal, and would fail in the environment.</summary>
    public static readonly ErrorCode RehearsalFailed = new("RehearsalFailed", 3050, ErrorKind.InvalidResult);

    /// <summary>The version from which a rehearsal shall start is not in the folder.</summary>
    public static readonly ErrorCode RehearsalVersionNotFound = new("RehearsalVersionNotFound", 3051, ErrorKind.ObjectNotFound);
}
