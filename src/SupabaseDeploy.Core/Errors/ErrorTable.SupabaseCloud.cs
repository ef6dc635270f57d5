namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>The Management API does not accept the access token: it is wrong, revoked or expired.</summary>
    public static readonly ErrorCode ApiTokenRefused = new("ApiTokenRefused", 6060, ErrorKind.AuthenticationError);

    /// <summary>The access token may not do what was asked.</summary>
    public static readonly ErrorCode ApiForbidden = new("ApiForbidden", 6061, ErrorKind.PermissionDenied);

    /// <summary>The Management API knows no such project, function or other thing.</summary>
    public static readonly ErrorCode ApiNotFound = new("ApiNotFound", 6062, ErrorKind.ObjectNotFound);

    /// <summary>The Management API refused a request as it was put.</summary>
    public static readonly ErrorCode ApiRequestRefused = new("ApiRequestRefused", 6063, ErrorKind.InvalidArgument);

    /// <summary>The organization's plan does not include what was asked for.</summary>
    public static readonly ErrorCode ApiPlanLimit = new("ApiPlanLimit", 6064, ErrorKind.PermissionDenied);

    /// <summary>The Management API let no more requests in, for longer than was waited.</summary>
    public static readonly ErrorCode ApiRateLimited = new("ApiRateLimited", 6065, ErrorKind.ResourceBusy);

    /// <summary>The Management API failed on its own side.</summary>
    public static readonly ErrorCode ApiUnavailable = new("ApiUnavailable", 6066, ErrorKind.ResourceUnavailable);

    /// <summary>The Management API could not be reached.</summary>
    public static readonly ErrorCode ApiUnreachable = new("ApiUnreachable", 6067, ErrorKind.ConnectionError);

    /// <summary>The Management API answered with something else than its contract says.</summary>
    public static readonly ErrorCode ApiAnswerInvalid = new("ApiAnswerInvalid", 6068, ErrorKind.InvalidResult);

    /// <summary>There is no access token for the Management API.</summary>
    public static readonly ErrorCode ApiTokenMissing = new("ApiTokenMissing", 6069, ErrorKind.AuthenticationError);

    /// <summary>The project is paused, restoring or otherwise not at work.</summary>
    public static readonly ErrorCode ProjectNotActive = new("ProjectNotActive", 6070, ErrorKind.ResourceUnavailable);

    /// <summary>No way to the project's database works; the message says on which layer each failed.</summary>
    public static readonly ErrorCode CloudDatabaseUnreachable = new("CloudDatabaseUnreachable", 6071, ErrorKind.ConnectionError);

    /// <summary>A function could not be bundled or activated.</summary>
    public static readonly ErrorCode FunctionNotDeployed = new("FunctionNotDeployed", 6072, ErrorKind.InvalidResult);

    /// <summary>The sources of a function that a deployment replaces could not be kept.</summary>
    public static readonly ErrorCode FunctionNotKept = new("FunctionNotKept", 6073, ErrorKind.InvalidOperation);

    /// <summary>A declared key is none that the platform has, or its value none that it takes.</summary>
    public static readonly ErrorCode CloudSettingInvalid = new("CloudSettingInvalid", 6074, ErrorKind.InvalidData);

    /// <summary>A setting or secret is not what it was set to.</summary>
    public static readonly ErrorCode CloudSettingNotApplied = new("CloudSettingNotApplied", 6075, ErrorKind.InvalidResult);

    /// <summary>A restore point did not become usable, or is not there any more.</summary>
    public static readonly ErrorCode RestorePointUnusable = new("RestorePointUnusable", 6076, ErrorKind.InvalidResult);

    /// <summary>The project did not come back after a restore.</summary>
    public static readonly ErrorCode CloudRestoreFailed = new("CloudRestoreFailed", 6077, ErrorKind.InvalidResult);

    /// <summary>The web bundle could not be brought to its host.</summary>
    public static readonly ErrorCode WebHostFailed = new("WebHostFailed", 6078, ErrorKind.InvalidResult);

    /// <summary>The web host does not serve the files it was given.</summary>
    public static readonly ErrorCode WebHostNotVerified = new("WebHostNotVerified", 6079, ErrorKind.InvalidResult);
}
