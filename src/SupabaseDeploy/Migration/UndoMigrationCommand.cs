using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Migration;

/// <summary>Takes applied migrations back by their down scripts, newest first, after it has said what data goes.</summary>
[Cmdlet(VerbsCommon.Undo, "Migration", DefaultParameterSetName = EnvironmentSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(MigrationRun))]
public sealed class UndoMigrationCommand : EnvironmentCmdlet
{
    /// <summary>The version that stays as the newest.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AppliedVersionCompleter))]
    [ValidateNotNullOrEmpty]
    public string? To { get; set; }

    /// <summary>How many of the newest migrations go.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Last { get; set; }

    /// <summary>Run down scripts that were not shown to bring back what was there, and try none of them on a shadow first.</summary>
    [Parameter]
    public SwitchParameter AllowUnproven { get; set; }

    /// <summary>How long to wait for another holder of the database's lock.</summary>
    [Parameter]
    [Alias("Wait")]
    [DurationTransformation]
    public TimeSpan LockTimeout { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        UndoRange range = Range();
        foreach (DeploymentEnvironment environment in BoundEnvironments())
        {
            await UndoAsync(environment, range, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UndoAsync(DeploymentEnvironment environment, UndoRange range, CancellationToken cancellationToken)
    {
        IDeploymentTarget target = new DeploymentTargets().ForDatabase(environment);
        string name = $"{environment.Name} ({target.Host})";
        var request = new MigrationRequest
        {
            Environment = environment,
            Database = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false),
            Folder = environment.MigrationsFolder,
            LockWait = LockTimeout,
        };
        UndoPlan plan = await new MigrationUndo().PlanAsync(request, range, AllowUnproven, Sink, cancellationToken).ConfigureAwait(false);
        if (IsWhatIf)
        {
            await ShowAsync(plan, name).ConfigureAwait(false);
            return;
        }

        foreach (DataLoss loss in plan.Losses)
        {
            Sink.Publish(new Caution($"{environment.Name} loses {loss}."));
        }

        foreach (UndoStep step in plan.Steps.Where(step => step.Proof is not { IsProven: true }))
        {
            Sink.Publish(new Caution(step.Proof is { } failed ? failed.Message : $"'down/{step.Migration.FileName}' was never tried as it is now."));
        }

        // Nothing to do needs no question, and still writes its run.
        if (plan.Steps.Count == 0 || await ShouldProcessAsync(name, Describe(plan)).ConfigureAwait(false))
        {
            Write(await new MigrationUndo().RunAsync(request, plan, Sink, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task ShowAsync(UndoPlan plan, string name)
    {
        if (plan.Steps.Count == 0)
        {
            await ShouldProcessAsync(name, $"Undo no migration, because '{To}' is the newest").ConfigureAwait(false);
        }

        foreach (UndoStep step in plan.Steps)
        {
            await ShouldProcessAsync(name, step.ToString()).ConfigureAwait(false);
        }
    }

    private UndoRange Range() => (To, Last) switch
    {
        (null, > 0) => UndoRange.OfLast(Last),
        ({ } version, 0) => UndoRange.ToVersion(version),
        _ => throw new DeployException(
            ErrorTable.InvalidValue,
            To is null ? "It is not said how far to go back." : "Both -To and -Last say how far to go back.",
            "Give -To with the version that stays as the newest, or -Last with a number."),
    };

    private static string Describe(UndoPlan plan)
    {
        string files = string.Join(", ", plan.Steps.Select(step => step.Migration.FileName));
        string loss = plan.Losses.Count == 0 ? "" : $" and lose {string.Join(", ", plan.Losses)}";
        return $"Undo {(plan.Steps.Count == 1 ? "migration" : $"{plan.Steps.Count} migrations")} {files}{loss}";
    }
}
