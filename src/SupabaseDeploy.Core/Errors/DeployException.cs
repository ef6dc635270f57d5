namespace SupabaseDeploy.Errors;

/// <summary>
/// A failure a person can understand and act on. The message says what failed, the value in single quotes and the cause;
/// <see cref="Remedy"/> starts with an imperative verb.
/// </summary>
public class DeployException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">The row of <see cref="ErrorTable"/>.</param>
    /// <param name="message">What failed, the value in single quotes, the cause.</param>
    /// <param name="remedy">What to do next, starting with a verb; null when nothing sensible can be said.</param>
    /// <param name="target">The object the failure is about.</param>
    /// <param name="inner">The cause.</param>
    public DeployException(ErrorCode code, string message, string? remedy = null, object? target = null, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Remedy = remedy;
        Target = target;
    }

    /// <summary>The row of the error table.</summary>
    public ErrorCode Code { get; }

    /// <summary>What to do next, starting with a verb.</summary>
    public string? Remedy { get; }

    /// <summary>The object the failure is about.</summary>
    public object? Target { get; }
}
