namespace SupabaseDeploy.Errors;

public static partial class ErrorTable
{
    /// <summary>A command needs an environment and none was given or found.</summary>
    public static readonly ErrorCode NoEnvironment = new("NoEnvironment", 1001, ErrorKind.InvalidArgument);

    /// <summary>A duration has no unit, or is none at all.</summary>
    public static readonly ErrorCode InvalidDuration = new("InvalidDuration", 1002, ErrorKind.InvalidArgument);

    /// <summary><c>env/pipeline.yml</c> or an <c>env/*.json</c> file is not valid.</summary>
    public static readonly ErrorCode InvalidConfiguration = new("InvalidConfiguration", 1003, ErrorKind.InvalidData);

    /// <summary>There is no <c>env/pipeline.yml</c>.</summary>
    public static readonly ErrorCode PipelineNotFound = new("PipelineNotFound", 1004, ErrorKind.ObjectNotFound);

    /// <summary><c>env/pipeline.yml</c> has no stage of that name.</summary>
    public static readonly ErrorCode EnvironmentNotFound = new("EnvironmentNotFound", 1005, ErrorKind.ObjectNotFound);

    /// <summary>References of an environment (<c>${…}</c>) have no usable value.</summary>
    public static readonly ErrorCode UnresolvedReference = new("UnresolvedReference", 1006, ErrorKind.ObjectNotFound);
}
