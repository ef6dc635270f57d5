namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>Of several databases, some were not migrated.</summary>
    public static readonly ErrorCode FleetNotMigrated = new("FleetNotMigrated", 3070, ErrorKind.InvalidResult);
}
