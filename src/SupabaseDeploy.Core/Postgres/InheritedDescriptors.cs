namespace SupabaseDeploy.Postgres;

/// <summary>
/// Descriptors that a script around us opened for itself, such as those of its locks. A program that outlives us must not keep them: .NET
/// hands on what it did not open itself.
/// </summary>
internal static class InheritedDescriptors
{
    /// <summary>Closes those that a shell can name.</summary>
    public const string Close = "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-";

    /// <summary>The same program, run without them.</summary>
    public static ProcessRequest Without(ProcessRequest request) => OperatingSystem.IsWindows()
        ? request
        : request with { FileName = "/bin/sh", Arguments = ["-c", Close + "; exec \"$@\"", "sh", request.FileName, .. request.Arguments] };
}
