using System.Management.Automation;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>Brings a release to an environment, behind its gates, and back when it is not healthy there.</summary>
[Cmdlet(VerbsData.Publish, "Environment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
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

    /// <summary>Waits for the approvals that the environment asks for, instead of leaving a pending deployment.</summary>
    [Parameter]
    public SwitchParameter WaitForApproval { get; set; }

    /// <summary>Publishes although gates are closed, for the reason that <c>-Reason</c> gives. The ledger keeps who did it, past what, and why.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The kinds of gates that <c>-Force</c> goes past; all of them when none is given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty] // An empty list would go past all of them.
    [ValidateSet(GateKind.Promotion, GateKind.Evidence, GateKind.Soak, GateKind.Approvals, GateKind.Freeze, GateKind.Drill)]
    public string[] Gate { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = One(Environment);
        var options = new DeploymentOptions { RollForward = RollForward, Force = Override(), Reason = Reason };
        await EndUnfinishedRestoreAsync(environment, cancellationToken).ConfigureAwait(false);
        await AwaitWorkUnderWayAsync(environment, cancellationToken).ConfigureAwait(false);
        DeploymentPlan plan = await new DeploymentPlanner(Targets, sink: Sink)
            .PlanPublishAsync(environment, await ChosenReleaseAsync(cancellationToken).ConfigureAwait(false), RollForward, options.Force, cancellationToken).ConfigureAwait(false);
        if (IsWhatIf)
        {
            await AskAsync(plan).ConfigureAwait(false);
            Write(await LockForecast.ForeseeAsync(plan, Sink, cancellationToken).ConfigureAwait(false));
            return;
        }

        if (DeploymentAdmission.WaitsForPeople(plan) && !await ShouldProcessAsync(Describe(environment), $"Ask for approval of release {plan.Release}", ConfirmImpact.Medium).ConfigureAwait(false))
        {
            return;
        }

        AdmittedPlan admitted = await new DeploymentAdmission(Targets).AdmitAsync(plan, options, WaitForApproval, Sink, cancellationToken).ConfigureAwait(false);
        if (admitted.Pending is { } pending)
        {
            Write(pending);
            throw StillPending(pending);
        }

        plan = admitted.Plan;
        foreach (Gate gate in plan.Gates.Where(gate => gate.Verdict == GateVerdict.Overridden))
        {
            Sink.Publish(new Caution($"Gate '{gate.Name}' is closed and gone past. {gate.Message}"));
        }

        if (!plan.HasWork || await AskAsync(plan).ConfigureAwait(false))
        {
            await ExecuteAsync(plan, options, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Publishing is of medium impact; data that down scripts drop, and a setting that can let anybody in or lock users out, are named in the
    /// question and make it one of high impact.
    /// </summary>
    private Task<bool> AskAsync(DeploymentPlan plan)
    {
        foreach (string loss in plan.DataLoss)
        {
            Sink.Publish(new Caution($"Publishing release '{plan.Release}' loses {loss.TrimEnd('.')}."));
        }

        ConfigurationChange[] dangerous = [.. plan.Configuration.Where(change => change.IsDangerous)];
        string changes = dangerous.Length == 0
            ? ""
            : $", which changes {string.Join("; ", dangerous.Select(change => $"{change}{(change.Remark is { } remark ? $" ({remark.TrimEnd('.')})" : "")}"))}";
        string losses = plan.DataLoss.Count == 0
            ? ""
            : $". Undoing {string.Join(", ", plan.Undo)} first loses {string.Join(", ", plan.DataLoss).TrimEnd('.')}.";
        ConfirmImpact impact = dangerous.Length == 0 && plan.DataLoss.Count == 0 ? ConfirmImpact.Medium : ConfirmImpact.High;
        return ShouldProcessAsync(Describe(plan.Environment), $"Publish release {plan.Release}{changes}{losses}", impact);
    }

    private GateOverride? Override()
    {
        if (!Force)
        {
            return Gate.Length == 0 ? null : throw new DeployException(
                ErrorTable.InvalidValue, "-Gate says which gates -Force goes past, and -Force is not given.", "Add -Force and -Reason, or leave -Gate out.");
        }

        return string.IsNullOrWhiteSpace(Reason)
            ? throw new DeployException(
                ErrorTable.InvalidValue, "-Force goes past gates that are closed, and no reason is given.", "Give one with -Reason: the ledger keeps it.")
            : new GateOverride(Gate, Reason);
    }

    private static DeployException StillPending(Deployments.Deployment pending) => new(
        ErrorTable.ApprovalPending,
        $"Release '{pending.Release}' waits for approval on '{pending.Environment}'. {pending.Reason}",
        $"Ask somebody else to run 'Approve-Deployment {pending.Environment}', then go on: Publish-Environment {pending.Environment} -Release {pending.Release}",
        pending);

    private async Task<Releases.Release> ChosenReleaseAsync(CancellationToken cancellationToken)
    {
        if (Release is not null)
        {
            return await Release.FetchAsync(CurrentProject, Sink, cancellationToken).ConfigureAwait(false);
        }

        var releases = ProjectReleases.Open(CurrentProject);
        Releases.Release newest = (await releases.ListAsync(cancellationToken).ConfigureAwait(false)).LastOrDefault() ?? throw new DeployException(
            ErrorTable.ReleaseNotFound,
            $"Project '{CurrentProject}' has no release to publish.",
            "Make one with New-Release.",
            CurrentProject);
        return await releases.FetchAsync(newest, Sink, cancellationToken).ConfigureAwait(false);
    }
}
