namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>Somebody else holds the lock of the database.</summary>
    public static readonly ErrorCode DeploymentLockHeld = new("DeploymentLockHeld", 6901, ErrorKind.ResourceBusy);

    /// <summary>The session that held the lock has ended, and the lock with it.</summary>
    public static readonly ErrorCode DeploymentLockLost = new("DeploymentLockLost", 6902, ErrorKind.ConnectionError);

    /// <summary>The connection goes through a pooler that gives every transaction another session.</summary>
    public static readonly ErrorCode TransactionPooler = new("TransactionPooler", 6903, ErrorKind.InvalidArgument);
}
