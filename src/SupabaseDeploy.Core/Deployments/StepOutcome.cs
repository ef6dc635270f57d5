using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Deployments;

/// <summary>What a step did.</summary>
/// <param name="Message">In words.</param>
/// <param name="Changed">True when it changed the environment.</param>
internal sealed record StepOutcome(string Message, bool Changed = false)
{
    /// <summary>Why a step that ended without an error did not do what it was to do.</summary>
    public static DeployException NotVerified(DeploymentEnvironment environment, string step, string seen) => new(
        ErrorTable.StepNotVerified,
        $"Step '{step}' ended without an error on '{environment}', but {seen}.",
        "Find out who else changes this environment; then publish again.",
        environment);
}
