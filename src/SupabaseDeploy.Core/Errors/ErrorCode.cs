namespace SupabaseDeploy.Errors;

/// <summary>What kind of failure it is; the shell maps it to PowerShell's <c>ErrorCategory</c>.</summary>
public enum ErrorKind
{
    InvalidArgument,
    InvalidData,
    ObjectNotFound,
    ResourceExists,
    ResourceBusy,
    ResourceUnavailable,
    ConnectionError,
    AuthenticationError,
    PermissionDenied,
    OperationTimeout,
    OperationStopped,
    InvalidOperation,
    InvalidResult,
    SecurityError,
    NotInstalled,
    ReadError,
    WriteError,
}

/// <summary>One row of the stable error table. Ids and numbers are never reused or renumbered.</summary>
/// <param name="Id">PascalCase id, the first part of <c>FullyQualifiedErrorId</c>.</param>
/// <param name="Number">Stable number; the thousands name the room.</param>
/// <param name="Kind">The category.</param>
public sealed record ErrorCode(string Id, int Number, ErrorKind Kind)
{
    /// <inheritdoc/>
    public override string ToString() => $"SD{Number:0000}";
}
