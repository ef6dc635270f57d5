namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>Something was asked of a local environment that does not run.</summary>
    public static readonly ErrorCode LocalStackNotRunning = new("LocalStackNotRunning", 4001, ErrorKind.ResourceUnavailable);

    /// <summary>A local stack was asked for and the environment lives elsewhere.</summary>
    public static readonly ErrorCode NotALocalEnvironment = new("NotALocalEnvironment", 4002, ErrorKind.InvalidArgument);

    /// <summary>The runtime that the gateway needs is not installed.</summary>
    public static readonly ErrorCode AspNetCoreNotFound = new("AspNetCoreNotFound", 4003, ErrorKind.NotInstalled);

    /// <summary>The gateway's program is not where the module was laid out.</summary>
    public static readonly ErrorCode GatewayNotFound = new("GatewayNotFound", 4004, ErrorKind.NotInstalled);

    /// <summary>The gateway ended, or did not answer, after it was started.</summary>
    public static readonly ErrorCode GatewayStartFailed = new("GatewayStartFailed", 4005, ErrorKind.ResourceUnavailable);

    /// <summary>A process of the stack could not be ended.</summary>
    public static readonly ErrorCode ProcessNotStopped = new("ProcessNotStopped", 4006, ErrorKind.OperationTimeout);

    /// <summary>The kind of place an environment lives in cannot do what was asked, or is not supported.</summary>
    public static readonly ErrorCode TargetNotSupported = new("TargetNotSupported", 4010, ErrorKind.InvalidOperation);

    /// <summary>The web bundle of a release is not what its manifest says.</summary>
    public static readonly ErrorCode WebBundleDamaged = new("WebBundleDamaged", 4011, ErrorKind.InvalidData);

    /// <summary>The web root does not serve what it was switched to.</summary>
    public static readonly ErrorCode WebSwitchFailed = new("WebSwitchFailed", 4012, ErrorKind.InvalidResult);

    /// <summary>A service of the stack does not become healthy.</summary>
    public static readonly ErrorCode ServiceStartFailed = new("ServiceStartFailed", 4020, ErrorKind.ResourceUnavailable);

    /// <summary>There is no runtime of that name, or none for this machine.</summary>
    public static readonly ErrorCode RuntimeUnknown = new("RuntimeUnknown", 4021, ErrorKind.ObjectNotFound);

    /// <summary>A runtime could not be downloaded.</summary>
    public static readonly ErrorCode RuntimeDownloadFailed = new("RuntimeDownloadFailed", 4022, ErrorKind.ConnectionError);

    /// <summary>The archive of a runtime is not what it is to be.</summary>
    public static readonly ErrorCode RuntimeDamaged = new("RuntimeDamaged", 4023, ErrorKind.SecurityError);

    /// <summary>Nothing says what the archive of a runtime is to be.</summary>
    public static readonly ErrorCode RuntimeUnverified = new("RuntimeUnverified", 4024, ErrorKind.SecurityError);

    /// <summary>The address that runtimes are to be got from is none.</summary>
    public static readonly ErrorCode InvalidBaseAddress = new("InvalidBaseAddress", 4025, ErrorKind.InvalidArgument);

    /// <summary>No service of a stack has that name.</summary>
    public static readonly ErrorCode ServiceUnknown = new("ServiceUnknown", 4026, ErrorKind.ObjectNotFound);

    /// <summary>A stack runs with another engine than the one that was asked for.</summary>
    public static readonly ErrorCode EngineMismatch = new("EngineMismatch", 4030, ErrorKind.InvalidOperation);

    /// <summary>A stack cannot run with an engine on this machine.</summary>
    public static readonly ErrorCode EngineNotAvailable = new("EngineNotAvailable", 4031, ErrorKind.NotInstalled);

    /// <summary>The Supabase CLI is not installed.</summary>
    public static readonly ErrorCode SupabaseCliNotFound = new("SupabaseCliNotFound", 4032, ErrorKind.NotInstalled);

    /// <summary>A command of the Supabase CLI failed.</summary>
    public static readonly ErrorCode SupabaseCliFailed = new("SupabaseCliFailed", 4033, ErrorKind.InvalidResult);

    /// <summary>The Supabase CLI cannot reach Docker.</summary>
    public static readonly ErrorCode SupabaseCliNeedsDocker = new("SupabaseCliNeedsDocker", 4034, ErrorKind.ResourceUnavailable);

    /// <summary>The Supabase CLI answered with something else than it should.</summary>
    public static readonly ErrorCode SupabaseCliAnswerInvalid = new("SupabaseCliAnswerInvalid", 4035, ErrorKind.InvalidData);

    /// <summary>An engine cannot reset a database to the files of this project.</summary>
    public static readonly ErrorCode ResetNotPossible = new("ResetNotPossible", 4036, ErrorKind.InvalidOperation);

    /// <summary>The file with the keys of a stack cannot be read.</summary>
    public static readonly ErrorCode LocalKeysUnreadable = new("LocalKeysUnreadable", 4037, ErrorKind.InvalidData);

    /// <summary>An engine that a stack ran with before cannot be asked to remove what it keeps of it.</summary>
    public static readonly ErrorCode EngineDataNotRemoved = new("EngineDataNotRemoved", 4048, ErrorKind.ResourceUnavailable);

    /// <summary>A bucket or secret of the project could not be written to its database.</summary>
    public static readonly ErrorCode ProjectContentRefused = new("ProjectContentRefused", 4049, ErrorKind.InvalidResult);
}
