using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>A line of a service's log.</summary>
/// <param name="Environment">The environment.</param>
/// <param name="Service">The service: <c>database</c>, <c>gateway</c>, <c>functions</c> and so on.</param>
/// <param name="Text">The line as the service wrote it, but for secret keys of the stack.</param>
public sealed record LogLine(DeploymentEnvironment Environment, string Service, string Text) : IEnvironmentResult
{
    /// <inheritdoc/>
    public override string ToString() => $"{Service} | {Text}";
}
