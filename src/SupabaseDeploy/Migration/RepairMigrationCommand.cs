using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Migration;

/// <summary>Makes the history of migrations and the folder say the same again, without running a migration.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "Migration", DefaultParameterSetName = EnvironmentSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(MigrationRepair))]
public sealed class RepairMigrationCommand : EnvironmentCmdlet
{
    private readonly DeploymentTargets _targets = new();

    /// <summary>Versions or wildcards; everything that does not fit when none is given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MigrationVersionCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Version { get; set; }

    /// <summary>What the history shall say of the versions, whatever it says now.</summary>
    [Parameter]
    public RepairStatus? Status { get; set; }

    /// <summary>How long to wait for another holder of the database's lock.</summary>
    [Parameter]
    [Alias("Wait")]
    [DurationTransformation]
    public TimeSpan LockTimeout { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        if (Status is not null && Version is null)
        {
            throw new DeployException(
                ErrorTable.RepairNotPossible,
                $"-Status {Status} needs -Version.",
                "Name the versions, or '*' for every one.");
        }

        foreach (DeploymentEnvironment environment in BoundEnvironments())
        {
            await RepairAsync(_targets.ForDatabase(environment), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RepairAsync(IDeploymentTarget target, CancellationToken cancellationToken)
    {
        string name = $"{target.Environment.Name} ({target.Host})";
        var request = new RepairRequest
        {
            Environment = target.Environment,
            Database = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false),
            Folder = target.Environment.MigrationsFolder,
            Versions = Version ?? [],
            Status = Status,
            LockWait = LockTimeout,
        };
        RepairPlan plan = await MigrationRepairer.PlanAsync(request, Sink, cancellationToken).ConfigureAwait(false);
        foreach (string left in plan.Left)
        {
            Sink.Publish(new Caution(left));
        }

        if (plan.Actions.Count == 0 && IsWhatIf)
        {
            await ShouldProcessAsync(name, "Repair nothing, because nothing needs it").ConfigureAwait(false);
            return;
        }

        var accepted = new List<RepairAction>();
        foreach (RepairAction action in plan.Actions)
        {
            if (await ShouldProcessAsync(name, action.Description).ConfigureAwait(false))
            {
                accepted.Add(action);
            }
        }

        if (accepted.Count > 0 || plan.Actions.Count == 0)
        {
            Write(await new MigrationRepairer().ApplyAsync(request, accepted, Sink, cancellationToken).ConfigureAwait(false));
        }
    }
}
