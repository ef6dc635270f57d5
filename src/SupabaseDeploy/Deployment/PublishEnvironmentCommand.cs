using System.Management.Automation;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>Brings a release to an environment, behind its gates, and back when it is not healthy there.</summary>
[Cmdlet(VerbsData.Publish, "Environment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(Deployments.Deployment), typeof(DeploymentPlan))]
public sealed class PublishEnvironmentCommand : DeploymentCmdlet
{
    /// <summary>The environment: its name, or an object that belongs to one.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation(IsSingle = true)]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference Environment { get; set; } = null!;

    /// <summary>The release: its id, the first digits of it, a release object, or a deployment of it. The newest one when none is given.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true)]
    [ReleaseTransformation]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public ReleaseReference? Release { get; set; }

    /// <summary>Publishes although a failed rollback left the environment locked: the release is the repair.</summary>
    [Parameter]
    public SwitchParameter RollForward { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = One(Environment);
        DeploymentPlan plan = await new DeploymentPlanner(Targets)
            .PlanPublishAsync(environment, ChosenRelease(), RollForward, cancellationToken).ConfigureAwait(false);
        if (IsWhatIf)
        {
            await ShouldProcessAsync(Describe(environment), $"Publish release {plan.Release}").ConfigureAwait(false);
            Write(plan);
            return;
        }

        plan.EnsureGatesPassed();
        if (!plan.HasWork || await ShouldProcessAsync(Describe(environment), $"Publish release {plan.Release}").ConfigureAwait(false))
        {
            await ExecuteAsync(plan, new DeploymentOptions { RollForward = RollForward }, cancellationToken).ConfigureAwait(false);
        }
    }

    private Releases.Release ChosenRelease() =>
        Release?.Find(CurrentProject) ?? new ReleaseStore(CurrentProject).List().LastOrDefault() ?? throw new DeployException(
            ErrorTable.ReleaseNotFound,
            $"Project '{CurrentProject}' has no release to publish.",
            "Make one with New-Release.",
            CurrentProject);
}
