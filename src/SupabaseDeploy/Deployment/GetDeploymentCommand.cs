using System.Management.Automation;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>Lists the deployments of environments from their ledgers, oldest first.</summary>
[Cmdlet(VerbsCommon.Get, "Deployment", DefaultParameterSetName = EnvironmentSet)]
[OutputType(typeof(Deployments.Deployment))]
public sealed class GetDeploymentCommand : EnvironmentCmdlet
{
    /// <summary>Only the last deployment of each environment.</summary>
    [Parameter]
    public SwitchParameter Latest { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        var targets = new DeploymentTargets();
        foreach (DeploymentEnvironment environment in BoundEnvironments())
        {
            var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
            IReadOnlyList<Deployments.Deployment> deployments = await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            foreach (Deployments.Deployment deployment in Latest ? deployments.TakeLast(1) : deployments)
            {
                Write(deployment);
            }
        }
    }
}
