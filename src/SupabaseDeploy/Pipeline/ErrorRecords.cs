using System.Management.Automation;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Shell.Pipeline;

/// <summary>The one place where exceptions become error records.</summary>
internal static class ErrorRecords
{
    public static ErrorRecord From(Exception exception) => exception switch
    {
        DeployException failure => From(failure),
        _ => From(OutsideFailure.From(exception) ?? new DeployException(
            ErrorTable.Unexpected,
            $"An unexpected {exception.GetType().Name} occurred: {exception.Message}",
            "Report this with the output of 'Get-Error'.",
            inner: exception)),
    };

    public static ErrorRecord From(DeployException failure)
    {
        var record = new ErrorRecord(failure, failure.Code.Id, Category(failure.Code.Kind), failure.Target);
        if (failure.Remedy is not null)
        {
            record.ErrorDetails = new ErrorDetails(failure.Message) { RecommendedAction = failure.Remedy };
        }

        return record;
    }

    private static ErrorCategory Category(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidArgument => ErrorCategory.InvalidArgument,
        ErrorKind.InvalidData => ErrorCategory.InvalidData,
        ErrorKind.ObjectNotFound => ErrorCategory.ObjectNotFound,
        ErrorKind.ResourceExists => ErrorCategory.ResourceExists,
        ErrorKind.ResourceBusy => ErrorCategory.ResourceBusy,
        ErrorKind.ResourceUnavailable => ErrorCategory.ResourceUnavailable,
        ErrorKind.ConnectionError => ErrorCategory.ConnectionError,
        ErrorKind.AuthenticationError => ErrorCategory.AuthenticationError,
        ErrorKind.PermissionDenied => ErrorCategory.PermissionDenied,
        ErrorKind.OperationTimeout => ErrorCategory.OperationTimeout,
        ErrorKind.OperationStopped => ErrorCategory.OperationStopped,
        ErrorKind.InvalidOperation => ErrorCategory.InvalidOperation,
        ErrorKind.InvalidResult => ErrorCategory.InvalidResult,
        ErrorKind.SecurityError => ErrorCategory.SecurityError,
        ErrorKind.NotInstalled => ErrorCategory.NotInstalled,
        ErrorKind.ReadError => ErrorCategory.ReadError,
        ErrorKind.WriteError => ErrorCategory.WriteError,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
