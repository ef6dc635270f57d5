using System.Management.Automation;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>Brings an environment back to a release that was healthy there before.</summary>
[Cmdlet(VerbsData.Restore, "Deployment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ReleaseSet)]
[OutputType(typeof(Deployments.Deployment), typeof(DeploymentPlan))]
public sealed class RestoreDeploymentCommand : DeploymentCmdlet
{
    private const string ReleaseSet = "Release";

    /// <summary>The environment: its name, or an object that belongs to one.</summary>
    [Parameter(ParameterSetName = ReleaseSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference Environment { get; set; } = null!;

    /// <summary>The release to go back to; the last healthy one before the current one when none is given.</summary>
    [Parameter(ParameterSetName = ReleaseSet)]
    [ReleaseTransformation]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public ReleaseReference? Release { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessRecordAsync(CancellationToken cancellationToken) => ToReleaseAsync(cancellationToken);

    private async Task ToReleaseAsync(CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = One(Environment);
        DeploymentPlan plan = await new DeploymentPlanner(Targets)
            .PlanRollbackAsync(environment, Release?.Find(CurrentProject), cancellationToken).ConfigureAwait(false);
        foreach (string loss in plan.DataLoss)
        {
            Sink.Publish(new Caution($"Going back to release '{plan.Release}' loses {loss}."));
        }

        bool isAgreed = !plan.HasWork || await ShouldProcessAsync(Describe(environment), Action(plan)).ConfigureAwait(false);
        if (IsWhatIf)
        {
            Write(plan);
        }
        else if (isAgreed)
        {
            await ExecuteAsync(plan, new DeploymentOptions(), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The way and what it loses: all that a person needs to say yes or no.</summary>
    private static string Action(DeploymentPlan plan)
    {
        IEnumerable<string> way = plan.Steps.Where(step => step.Changes && step.Name != StepName.Record).Select(step => step.Description);
        string loss = plan.DataLoss.Count > 0 ? $" This loses {string.Join(", ", plan.DataLoss)}." : "";
        return $"Go back from release {plan.PreviousRelease?.ShortId ?? "none"} to {plan.Release}. {string.Join(" ", way)}{loss}";
    }
}
