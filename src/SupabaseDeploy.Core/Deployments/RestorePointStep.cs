using SupabaseDeploy.Events;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>The platform's restore point from before the first change.</summary>
internal sealed class RestorePointStep(IDeploymentTarget target, DeploymentLock held, IProgressSink sink)
{
    private const string Said = "Restore point ";

    /// <summary>Has the platform make a restore point.</summary>
    public async Task<StepOutcome> MakeAsync(Guid deployment, CancellationToken cancellationToken)
    {
        await held.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
        RestorePoint point = await target.RestorePoints!.CreateAsync(NameOf(deployment), sink, cancellationToken).ConfigureAwait(false);
        return new StepOutcome($"{Said}{point}.{(point.Limits is null ? "" : " " + point.Limits)}");
    }

    /// <summary>A restore point's name of at most 20 characters that says which deployment it was made for.</summary>
    public static string NameOf(Guid deployment) => $"sd-{deployment.ToString("N")[^16..]}";

    /// <summary>The restore point that a deployment made, by the name that the platform gave it; null for none.</summary>
    public static string? Of(Deployment deployment) =>
        deployment.Steps.LastOrDefault(step => step is { Name: StepName.RestorePoint, Status: StepStatus.Succeeded })?.Message is { } said
        && said.StartsWith(Said, StringComparison.Ordinal)
            ? said[Said.Length..].Split('.')[0]
            : null;
}
