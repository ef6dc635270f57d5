using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Migration;

/// <summary>Rehearses pending migrations on a shadow database; writes one object a statement with what it did and what that means.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Migration", DefaultParameterSetName = FolderSet)]
[OutputType(typeof(StatementRehearsal), typeof(RehearsalSummary))]
public sealed class TestMigrationCommand : ProjectCmdlet
{
    private const string FolderSet = "Folder";
    private const string EnvironmentSet = "Environment";
    private const string DatabaseSet = "Database";

    private readonly List<string> _notMet = [];

    /// <summary>Names, wildcards or objects that belong to an environment. Only its history and statistics are read.</summary>
    [Parameter(ParameterSetName = EnvironmentSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference[]? Environment { get; set; }

    /// <summary>A PostgreSQL URL. Only history and statistics are read.</summary>
    [Parameter(ParameterSetName = DatabaseSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? DatabaseUrl { get; set; }

    /// <summary>A project folder or a folder of migrations.</summary>
    [Parameter(ParameterSetName = DatabaseSet)]
    [Parameter(ParameterSetName = FolderSet)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Leave out versions before this one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MigrationVersionCompleter))]
    [ValidateNotNullOrEmpty]
    public string? From { get; set; }

    /// <summary>Rehearse only the last so many files.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Last { get; set; }

    /// <summary>Take pending files that are older than what is applied.</summary>
    [Parameter]
    public SwitchParameter IncludeOutOfOrder { get; set; }

    /// <summary>Leave the down scripts untested.</summary>
    [Parameter]
    public SwitchParameter SkipDown { get; set; }

    /// <summary>Write one object for all statements together.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <summary>Fail when a statement is this risky or worse. One that does not run at all fails in any case.</summary>
    [Parameter]
    [ValidateSet(nameof(RehearsalRisk.Low), nameof(RehearsalRisk.Medium), nameof(RehearsalRisk.High))]
    public RehearsalRisk? FailOn { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        if (Environment is null)
        {
            DatabaseAddress? database = DatabaseUrl is null ? null : DatabaseAddress.Parse(DatabaseUrl);
            await RehearseAsync(OfFolder(database), database, cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (DeploymentEnvironment environment in Resolve(Environment))
        {
            DatabaseAddress database = await new DeploymentTargets().ForDatabase(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
            await RehearseAsync(environment, database, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override Task EndProcessingAsync(CancellationToken cancellationToken) => _notMet.Count == 0
        ? Task.CompletedTask
        : throw new DeployException(
            ErrorTable.RequirementNotMet,
            $"Not met: {string.Join(" ", _notMet)}",
            "Follow the safe way that each risk names, then rehearse again.");

    private async Task RehearseAsync(DeploymentEnvironment environment, DatabaseAddress? database, CancellationToken cancellationToken)
    {
        var request = new RehearsalRequest
        {
            Environment = environment,
            Folder = environment.MigrationsFolder,
            Database = database,
            From = From,
            Last = Last,
            IncludeOutOfOrder = IncludeOutOfOrder,
            SkipDown = SkipDown,
        };
        RehearsalSummary summary = await new MigrationRehearser().RehearseAsync(request, Report, Sink, cancellationToken).ConfigureAwait(false);
        if (Summary)
        {
            Write(summary);
        }

        if (summary.Failure is not null)
        {
            throw new DeployException(
                ErrorTable.RehearsalFailed,
                summary.Failure,
                "Correct the file and rehearse again: applied as it is, it fails there too.",
                summary.Files[^1].Path);
        }
    }

    private void Report(StatementRehearsal statement)
    {
        if (!Summary)
        {
            Write(statement);
        }

        if (statement.Risk >= FailOn && statement.Failure is null)
        {
            _notMet.Add($"{statement.Environment} {statement} {statement.Risk}: {statement.Risks[0].Message}");
        }
    }

    /// <summary>The files of a folder, for a database that has a URL or for none at all.</summary>
    private DeploymentEnvironment OfFolder(DatabaseAddress? database)
    {
        var nowhere = new DatabaseAddress { Host = "127.0.0.1", Database = "shadow", User = "postgres" };
        DeploymentEnvironment environment = DeploymentEnvironment.ForDatabase(
            database ?? nowhere, System.IO.Path.Combine(CurrentFolder, Path ?? CurrentProject.Root));
        return database is null ? environment with { Database = null } : environment;
    }
}
