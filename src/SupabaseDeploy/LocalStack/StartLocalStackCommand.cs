using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Shell.Binding;

namespace SupabaseDeploy.Shell.LocalStack;

/// <summary>Starts the database, the gateway and the other services of local environments, or adopts those that run.</summary>
[Cmdlet(VerbsLifecycle.Start, "LocalStack", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(LocalStackInfo))]
public sealed class StartLocalStackCommand : LocalStackCmdlet
{
    /// <summary>What is to run the stack.</summary>
    [Parameter]
    public LocalStackEngine Engine { get; set; }

    /// <summary>The services that are to run, <c>*</c> for all; those chosen before when none is given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string[]? Service { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        if (Service is not null)
        {
            ServiceChoice.Parse(Service); // Refused before anything is asked.
        }

        var wanted = new List<DeploymentEnvironment>();
        foreach (DeploymentEnvironment environment in LocalEnvironments(pipeline => [pipeline.StageNames[0]]))
        {
            if (await ShouldProcessAsync(Describe(environment), "Start the local stack").ConfigureAwait(false))
            {
                wanted.Add(environment);
            }
        }

        await WriteEachAsync(wanted, environment => Stacks.StartAsync(environment, Engine, Service, Sink, cancellationToken), cancellationToken).ConfigureAwait(false);
    }
}
