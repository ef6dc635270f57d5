using System.Management.Automation;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>A command that records what a person says to publishing a release.</summary>
public abstract class ApprovalCmdlet : ProjectCmdlet
{
    /// <summary>The environment: its name, or an object that belongs to one, as a pending deployment does.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference[] Environment { get; set; } = null!;

    /// <summary>The release: its id, the first digits of it, a release object, or a deployment of it. The one that waits when none is given.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true)]
    [ReleaseTransformation]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public ReleaseReference? Release { get; set; }

    /// <summary>Why, for those who read the history.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Reason { get; set; }

    /// <summary>True to approve, false to deny.</summary>
    private protected abstract bool IsApproval { get; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        var targets = new DeploymentTargets();
        var approvals = new Approvals(targets);
        foreach (DeploymentEnvironment environment in Environment.SelectMany(reference => Resolve(reference)))
        {
            string release = await approvals.FindAsync(environment, Release?.Id, cancellationToken).ConfigureAwait(false) ?? Release!.Find(CurrentProject).Id;
            string action = $"{(IsApproval ? "Approve" : "Deny")} release {release[..12]} as {approvals.Actor}";
            if (await ShouldProcessAsync($"{environment} ({targets.For(environment).Host})", action).ConfigureAwait(false))
            {
                Write(await approvals.DecideAsync(environment, release, IsApproval, Reason, cancellationToken).ConfigureAwait(false));
            }
        }
    }
}
