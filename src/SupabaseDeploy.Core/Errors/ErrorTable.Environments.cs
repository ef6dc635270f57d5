namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>A command needs an environment and none was given or found.</summary>
    public static readonly ErrorCode NoEnvironment = new("NoEnvironment", 1001, ErrorKind.InvalidArgument);
}
