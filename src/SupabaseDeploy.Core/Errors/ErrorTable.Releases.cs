namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>No stored release has the id or prefix that was given.</summary>
    public static readonly ErrorCode ReleaseNotFound = new("ReleaseNotFound", 5001, ErrorKind.ObjectNotFound);

    /// <summary>Several stored releases begin with the prefix that was given.</summary>
    public static readonly ErrorCode ReleaseAmbiguous = new("ReleaseAmbiguous", 5002, ErrorKind.InvalidArgument);

    /// <summary>A stored release does not hold what its id stands for.</summary>
    public static readonly ErrorCode ReleaseDamaged = new("ReleaseDamaged", 5003, ErrorKind.InvalidData);

    /// <summary>A file or folder cannot be part of a release.</summary>
    public static readonly ErrorCode ReleaseContentRefused = new("ReleaseContentRefused", 5004, ErrorKind.InvalidData);

    /// <summary>There is no web bundle where one was named.</summary>
    public static readonly ErrorCode WebBundleNotFound = new("WebBundleNotFound", 5005, ErrorKind.ObjectNotFound);

    /// <summary>A configured function has no file to begin with.</summary>
    public static readonly ErrorCode FunctionNotFound = new("FunctionNotFound", 5020, ErrorKind.ObjectNotFound);

    /// <summary>A release is of another application, or has web bundles for some environments and not for the one it is to go to.</summary>
    public static readonly ErrorCode ReleaseNotForEnvironment = new("ReleaseNotForEnvironment", 5021, ErrorKind.InvalidOperation);

    /// <summary>A release waits for people to approve it.</summary>
    public static readonly ErrorCode ApprovalPending = new("ApprovalPending", 5022, ErrorKind.PermissionDenied);

    /// <summary>A person may not approve, or there is nothing to approve.</summary>
    public static readonly ErrorCode ApprovalRefused = new("ApprovalRefused", 5023, ErrorKind.PermissionDenied);

    /// <summary>What is checked out is not what a release was made from.</summary>
    public static readonly ErrorCode ReleaseNotTestable = new("ReleaseNotTestable", 5024, ErrorKind.InvalidOperation);

    /// <summary>The store that releases are shared in cannot be used.</summary>
    public static readonly ErrorCode ReleaseStoreUnavailable = new("ReleaseStoreUnavailable", 5025, ErrorKind.ResourceUnavailable);

    /// <summary>A file is not a whole and unchanged release.</summary>
    public static readonly ErrorCode ReleaseArchiveDamaged = new("ReleaseArchiveDamaged", 5026, ErrorKind.InvalidData);
}
