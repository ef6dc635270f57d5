using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Shell.LocalStack;

/// <summary>Starts the database and the gateway of local environments, or adopts those that run.</summary>
[Cmdlet(VerbsLifecycle.Start, "LocalStack", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(LocalStackInfo))]
public sealed class StartLocalStackCommand : LocalStackCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        var wanted = new List<DeploymentEnvironment>();
        foreach (DeploymentEnvironment environment in LocalEnvironments(pipeline => [pipeline.StageNames[0]]))
        {
            if (await ShouldProcessAsync(Describe(environment), "Start the local stack").ConfigureAwait(false))
            {
                wanted.Add(environment);
            }
        }

        await WriteEachAsync(wanted, environment => Stacks.StartAsync(environment, Sink, cancellationToken), cancellationToken).ConfigureAwait(false);
    }
}
