namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>An index that a migration creates is being built by another session.</summary>
    public static readonly ErrorCode IndexBeingBuilt = new("IndexBeingBuilt", 3020, ErrorKind.ResourceBusy);

    /// <summary>Statements of a file that ran outside a transaction were changed before the file was done.</summary>
    public static readonly ErrorCode UnfinishedMigrationChanged = new("UnfinishedMigrationChanged", 3021, ErrorKind.InvalidData);
}
