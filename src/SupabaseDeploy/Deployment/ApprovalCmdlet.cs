using System.Management.Automation;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
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
            if (!IsWhatIf)
            {
                await new UnfinishedRestores(targets).SettleAsync(environment, TimeSpan.Zero, Sink, cancellationToken).ConfigureAwait(false);
            }

            if (await FindPausedAsync(targets, environment, cancellationToken).ConfigureAwait(false) is { } paused && IsMeant(paused))
            {
                await DecideAsync(targets, paused, approvals.Actor, cancellationToken).ConfigureAwait(false);
                continue;
            }

            string release = await approvals.FindAsync(environment, Release?.Id, cancellationToken).ConfigureAwait(false) ?? (await Release!.FindAsync(CurrentProject, cancellationToken).ConfigureAwait(false)).Id;
            string action = $"{(IsApproval ? "Approve" : "Deny")} release {release[..12]} as {approvals.Actor}";
            if (await ShouldProcessAsync($"{environment} ({targets.For(environment).Host})", action).ConfigureAwait(false))
            {
                Write(await approvals.DecideAsync(environment, release, IsApproval, Reason, cancellationToken).ConfigureAwait(false));
            }
        }
    }

    // What is piped in as a deployment is bound as its release too.
    private bool IsMeant(Deployments.Deployment paused) =>
        Release is null || paused.Release?.Id.StartsWith(Release.Id, StringComparison.OrdinalIgnoreCase) == true;

    private static async Task<Deployments.Deployment?> FindPausedAsync(DeploymentTargets targets, DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        try
        {
            var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
            return (await ledger.GetDeploymentsAsync(cancellationToken).ConfigureAwait(false)).LastOrDefault(deployment => deployment.IsPaused);
        }
        catch (DeployException e) when (e.Code == ErrorTable.LocalStackNotRunning)
        {
            return null; // Nothing is published to a stack that is stopped; what is wrong besides is said by the approval.
        }
    }

    /// <summary>A deployment that waits because its health is not known goes on with its release, or rolls back.</summary>
    private async Task DecideAsync(DeploymentTargets targets, Deployments.Deployment paused, Actor actor, CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = paused.Environment;
        string action = $"{(IsApproval ? "Keep" : "Roll back")} release {paused.Release}, whose health is not known, as {actor}";
        if (await ShouldProcessAsync($"{environment} ({targets.For(environment).Host})", action).ConfigureAwait(false))
        {
            var ledger = new Ledger(environment, await targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
            Write(await ledger.DecideAsync(IsApproval, $"{actor}", Reason ?? "No reason was given.", TimeProvider.System.GetUtcNow(), cancellationToken).ConfigureAwait(false) ?? throw NoLonger(paused));
        }
    }

    private static DeployException NoLonger(Deployments.Deployment paused) => new(
        ErrorTable.ApprovalRefused,
        $"{paused} does not wait for a decision any more.",
        $"Look at what became of it: Get-Deployment {paused.Environment} -Latest",
        paused);
}
