using System.Management.Automation;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Backup;

/// <summary>Proves backups: restores each into a throw-away cluster, verifies it, and measures recovery point and recovery time.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DeploymentBackup", DefaultParameterSetName = EnvironmentSet)]
[OutputType(typeof(BackupDrill))]
public sealed class TestDeploymentBackupCommand : EnvironmentCmdlet
{
    private readonly List<string> _notMet = [];

    /// <summary>The backup of environments that are given by name: an id, or <c>latest</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BackupCompleter))]
    public string Id { get; set; } = "latest";

    /// <summary>Fail when the data would be older than this.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? MaxRpo { get; set; }

    /// <summary>Fail when it takes longer than this until the restored database is verified.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? MaxRto { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        var driller = new BackupDriller(new DeploymentTargets());
        // One after the other: two at once would measure each other.
        foreach (DeploymentBackup backup in BackupSelection.Of(Environment, Id, references => references is null ? BoundEnvironments() : Resolve(references)))
        {
            BackupDrill drill = await driller.RunAsync(backup, Sink, cancellationToken).ConfigureAwait(false);
            Write(drill);
            _notMet.AddRange(Shortcomings(drill).Select(shortcoming => $"{drill.Environment} {drill.Backup}: {shortcoming}"));
        }
    }

    /// <inheritdoc/>
    protected override Task EndProcessingAsync(CancellationToken cancellationToken) => _notMet.Count == 0
        ? Task.CompletedTask
        : throw new DeployException(
            ErrorTable.RequirementNotMet,
            $"Not met: {string.Join("; ", _notMet)}.",
            "Take a new backup with Backup-Deployment and test it, or restore from another one.");

    // A backup that does not restore is not a matter of degree: it fails without being asked to.
    private IEnumerable<string> Shortcomings(BackupDrill drill)
    {
        if (!drill.Succeeded)
        {
            yield return drill.Message.TrimEnd('.');
        }

        if (drill.Rpo > MaxRpo)
        {
            yield return $"recovery point {drill.Rpo:c} is over {MaxRpo:c}";
        }

        if (drill.Rto > MaxRto)
        {
            yield return $"recovery time {drill.Rto:c} is over {MaxRto:c}";
        }
    }
}
