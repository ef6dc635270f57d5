namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>The roles, schemas and functions of a Supabase project could not be made.</summary>
    public static readonly ErrorCode BootstrapFailed = new("BootstrapFailed", 2090, ErrorKind.InvalidResult);
}
