namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>The chain of files does not apply to an empty project, so there is no database to try anything on.</summary>
    public static readonly ErrorCode ShadowNotBuilt = new("ShadowNotBuilt", 3040, ErrorKind.InvalidResult);

    /// <summary>The limit for the snapshot cache is no size.</summary>
    public static readonly ErrorCode InvalidSnapshotLimit = new("InvalidSnapshotLimit", 3041, ErrorKind.InvalidArgument);

    /// <summary>A local database was to be reset to a version that no file has.</summary>
    public static readonly ErrorCode ResetVersionUnknown = new("ResetVersionUnknown", 3042, ErrorKind.ObjectNotFound);
}
