namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>The program <c>flutter</c> is not on this machine.</summary>
    public static readonly ErrorCode FlutterNotFound = new("FlutterNotFound", 9000, ErrorKind.NotInstalled);

    /// <summary>There is no Flutter application in the folder.</summary>
    public static readonly ErrorCode FlutterAppNotFound = new("FlutterAppNotFound", 9001, ErrorKind.ObjectNotFound);

    /// <summary>The environment has no file of Dart defines.</summary>
    public static readonly ErrorCode DartDefinesNotFound = new("DartDefinesNotFound", 9002, ErrorKind.ObjectNotFound);

    /// <summary>The application did not start, or ended by itself with a failure.</summary>
    public static readonly ErrorCode FlutterAppEnded = new("FlutterAppEnded", 9003, ErrorKind.InvalidResult);

    /// <summary>The application does not run any more.</summary>
    public static readonly ErrorCode FlutterAppNotRunning = new("FlutterAppNotRunning", 9004, ErrorKind.InvalidOperation);

    /// <summary>The application could not be built.</summary>
    public static readonly ErrorCode FlutterBuildFailed = new("FlutterBuildFailed", 9005, ErrorKind.InvalidResult);

    /// <summary>The analysis or the tests ended without a result.</summary>
    public static readonly ErrorCode FlutterTestsNotRun = new("FlutterTestsNotRun", 9006, ErrorKind.InvalidResult);
}
