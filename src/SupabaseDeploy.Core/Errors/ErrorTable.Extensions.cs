namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>The private tree of extensions that a local server runs on could not be made.</summary>
    public static readonly ErrorCode ExtensionTreeFailed = new("ExtensionTreeFailed", 2040, ErrorKind.NotInstalled);
}
