using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Shell.LocalStack;

/// <summary>Stops the gateway and the database of local environments. Their data is kept unless <see cref="RemoveData"/> is given.</summary>
[Cmdlet(VerbsLifecycle.Stop, "LocalStack", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(LocalStackInfo))]
public sealed class StopLocalStackCommand : LocalStackCmdlet
{
    /// <summary>Delete the database, the published web releases and the logs as well.</summary>
    [Parameter]
    public SwitchParameter RemoveData { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        (string action, ConfirmImpact impact) = RemoveData
            ? ("Stop the local stack and delete its database and everything else it keeps", ConfirmImpact.High)
            : ("Stop the local stack", ConfirmImpact.Medium);
        var wanted = new List<DeploymentEnvironment>();
        foreach (DeploymentEnvironment environment in LocalEnvironments(pipeline => [pipeline.StageNames[0]]))
        {
            if (await ShouldProcessAsync(Describe(environment), action, impact).ConfigureAwait(false))
            {
                wanted.Add(environment);
            }
        }

        await WriteEachAsync(wanted, environment => Stacks.StopAsync(environment, RemoveData, Sink, cancellationToken), cancellationToken).ConfigureAwait(false);
    }
}
