using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Migration;

/// <summary>Lists migrations: what is applied, what is pending, and what does not fit.</summary>
[Cmdlet(VerbsCommon.Get, "Migration", DefaultParameterSetName = EnvironmentSet)]
[OutputType(typeof(MigrationStatus))]
public sealed class GetMigrationCommand : FleetCmdlet
{
    /// <summary>Versions or wildcards; all when none is given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MigrationVersionCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Version { get; set; } = ["*"];

    /// <summary>Only migrations that stand there.</summary>
    [Parameter]
    public MigrationState[]? State { get; set; }

    /// <summary>Read only the files; no database is asked.</summary>
    [Parameter]
    public SwitchParameter Offline { get; set; }

    /// <inheritdoc/>
    protected override bool IsDatabaseNeeded => !Offline;

    /// <inheritdoc/>
    protected override Task ProcessAsync(IReadOnlyList<DeploymentEnvironment> environments, CancellationToken cancellationToken) =>
        ForEachAsync(environments, ReadAsync, Report, cancellationToken);

    private async Task<IReadOnlyList<MigrationStatus>> ReadAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        DatabaseAddress? database = Offline
            ? null
            : await new DeploymentTargets().ForDatabase(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        return await MigrationStatus.ReadAsync(environment, database, Sink, cancellationToken).ConfigureAwait(false);
    }

    private Task Report(IReadOnlyList<MigrationStatus> migrations)
    {
        foreach (MigrationStatus status in migrations.Where(IsAskedFor))
        {
            Write(status);
        }

        return Task.CompletedTask;
    }

    private bool IsAskedFor(MigrationStatus status) =>
        (State is null || State.Contains(status.State))
        && Version.Any(pattern => new WildcardPattern(pattern, WildcardOptions.IgnoreCase).IsMatch(status.Version));
}
