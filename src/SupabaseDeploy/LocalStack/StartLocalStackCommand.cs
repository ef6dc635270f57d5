using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Shell.LocalStack;

/// <summary>Starts the database, the gateway and the other services of local environments, or adopts those that run.</summary>
[Cmdlet(VerbsLifecycle.Start, "LocalStack", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(LocalStackInfo))]
public sealed class StartLocalStackCommand : LocalStackCmdlet
{
    /// <summary>What is to run the stack.</summary>
    [Parameter]
    public LocalStackEngine Engine { get; set; }

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

        await WriteEachAsync(wanted, environment => Stacks.StartAsync(environment, Engine, Sink, cancellationToken), cancellationToken).ConfigureAwait(false);
    }
}
