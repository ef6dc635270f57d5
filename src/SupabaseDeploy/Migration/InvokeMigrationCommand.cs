using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Migration;

/// <summary>Applies the pending migrations of one database or of hundreds, and writes one run a database, whatever became of it.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Migration", DefaultParameterSetName = EnvironmentSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MigrationRun))]
public sealed class InvokeMigrationCommand : FleetCmdlet
{
    private const int FailuresShown = 3;

    private readonly DeploymentTargets _targets = new();
    private readonly List<MigrationPreview> _notPlanned = [];

    /// <summary>One after the other, unless told: stages are in promotion order, and one that fails stops those after it.</summary>
    public InvokeMigrationCommand() => ThrottleLimit = 1;

    /// <summary>Run new and changed seed files afterwards; on by itself for target <c>local</c>.</summary>
    [Parameter]
    public SwitchParameter IncludeSeed { get; set; }

    /// <summary>Run <c>supabase/roles.sql</c> first.</summary>
    [Parameter]
    public SwitchParameter IncludeRoles { get; set; }

    /// <summary>Run pending files also where a newer one is applied already.</summary>
    [Parameter]
    [Alias("IncludeAll")]
    public SwitchParameter IncludeOutOfOrder { get; set; }

    /// <summary>Stop when an applied file was edited, instead of warning.</summary>
    [Parameter]
    public SwitchParameter RefuseEdited { get; set; }

    /// <summary>How long to wait for another holder of the database's lock.</summary>
    [Parameter]
    [Alias("Wait")]
    [DurationTransformation]
    public TimeSpan LockTimeout { get; set; }

    /// <summary>How long each statement may run, instead of what <c>pipeline.yml</c> says.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? StatementTimeout { get; set; }

    /// <summary>How many databases go first; unless all of them succeed, none of the others is begun.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Canary { get; set; }

    /// <summary>So many failures begin no further database.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaxFailures { get; set; } = 1;

    /// <inheritdoc/>
    protected override async Task ProcessAsync(IReadOnlyList<DeploymentEnvironment> environments, CancellationToken cancellationToken)
    {
        // All of them, before the first is touched: one that cannot be worked on at all is refused with the rest.
        IDeploymentTarget[] targets = [.. environments.Select(_targets.ForDatabase)];
        if (IsWhatIf)
        {
            await ForEachAsync(environments, PlanAsync, preview => ShowAsync(preview, environments.Count), cancellationToken).ConfigureAwait(false);
            EnsureAllPlanned(environments.Count);
            return;
        }

        var fleet = new MigrationFleet(new FleetOptions { ThrottleLimit = ThrottleLimit, Canary = Canary, MaxFailures = MaxFailures }, Request);
        IReadOnlyList<MigrationRun> unsuccessful = await fleet.RunAsync(
            targets, target => ShouldProcessAsync(Describe(target), "Apply the pending migrations"), Write, Sink, cancellationToken).ConfigureAwait(false);
        if (unsuccessful.Count > 0)
        {
            throw targets.Length == 1 ? unsuccessful[0].Failure! : NotMigrated(unsuccessful, targets.Length);
        }
    }

    /// <summary>What is pending in one database, or why that cannot be said.</summary>
    private async Task<MigrationPreview> PlanAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        IDeploymentTarget target = _targets.ForDatabase(environment);
        try
        {
            MigrationRequest request = Request(target, await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false));
            return new(target, await new MigrationRunner().PlanAsync(request, Sink, cancellationToken).ConfigureAwait(false), null);
        }
        catch (DeployException e)
        {
            return new(target, [], e);
        }
    }

    private async Task ShowAsync(MigrationPreview preview, int total)
    {
        string name = Describe(preview.Target);
        if (preview.Failure is { } failure)
        {
            _notPlanned.Add(preview);
            if (total > 1)
            {
                Sink.Publish(new Caution($"{name} cannot be migrated: {failure.Message}"));
            }
        }
        else if (preview.Pending.Count == 0)
        {
            await ShouldProcessAsync(name, "Apply no migration, because none is pending").ConfigureAwait(false);
        }

        foreach (MigrationFile file in preview.Pending)
        {
            await ShouldProcessAsync(name, $"Apply {file.FileName}").ConfigureAwait(false);
        }
    }

    private void EnsureAllPlanned(int total)
    {
        if (_notPlanned.Count > 0)
        {
            throw total == 1 ? _notPlanned[0].Failure! : new DeployException(
                ErrorTable.FleetNotMigrated,
                $"{_notPlanned.Count} of {total} databases cannot be migrated as they are: {string.Join(", ", _notPlanned.Select(preview => preview.Target.Environment.Name))}.",
                "Correct what the warnings name, then run the command again.",
                inner: _notPlanned[0].Failure);
        }
    }

    private MigrationRequest Request(IDeploymentTarget target, DatabaseAddress database) => new()
    {
        Environment = target.Environment,
        Database = database,
        Folder = target.Environment.MigrationsFolder,
        LockWait = LockTimeout,
        Settings = StatementTimeout is { } limit ? target.Environment.Migrations with { StatementTimeout = limit } : null,
        IncludeRoles = IncludeRoles,
        IncludeOutOfOrder = IncludeOutOfOrder,
        RefuseEdited = RefuseEdited,
        IncludeSeed = MyInvocation.BoundParameters.ContainsKey(nameof(IncludeSeed)) ? IncludeSeed : target.Environment.Target == TargetKind.Local,
    };

    private static string Describe(IDeploymentTarget target) => $"{target.Environment.Name} ({target.Host})";

    private static DeployException NotMigrated(IReadOnlyList<MigrationRun> unsuccessful, int total)
    {
        MigrationRun[] failed = [.. unsuccessful.Where(run => run.Failure is not null)];
        int notStarted = unsuccessful.Count - failed.Length;
        IEnumerable<string> reasons = failed.Take(FailuresShown).Select(run => $"{run.Environment.Name}: {run.Reason}");
        return new DeployException(
            ErrorTable.FleetNotMigrated,
            $"{failed.Length} of {total} databases failed{(notStarted > 0 ? $", and {notStarted} {(notStarted == 1 ? "was" : "were")} not started" : "")}."
            + string.Concat(reasons.Select(reason => $"\n{reason}"))
            + (failed.Length > FailuresShown ? $"\nand {failed.Length - FailuresShown} more: {string.Join(", ", failed.Skip(FailuresShown).Select(run => run.Environment.Name))}" : ""),
            "Correct what the messages name, then run the same command again: it goes on with the databases that are left.",
            unsuccessful,
            failed[0].Failure);
    }

    private sealed record MigrationPreview(IDeploymentTarget Target, IReadOnlyList<MigrationFile> Pending, DeployException? Failure);
}
