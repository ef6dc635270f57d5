using System.Management.Automation;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;

namespace SupabaseDeploy.Shell.Backup;

/// <summary>Lists the backups of environments, newest first; needs no connection to them.</summary>
[Cmdlet(VerbsCommon.Get, "DeploymentBackup", DefaultParameterSetName = EnvironmentSet)]
[OutputType(typeof(DeploymentBackup))]
public sealed class GetDeploymentBackupCommand : EnvironmentCmdlet
{
    /// <summary>The backup of this id, or <c>latest</c>; all when none is given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BackupCompleter))]
    public string? Id { get; set; }

    /// <summary>Only the newest of each environment; an environment that has none is an error.</summary>
    [Parameter]
    public SwitchParameter Latest { get; set; }

    // The one backup that was asked for: the drill after it would test nothing, and the script would end well.
    private protected override bool StopsScript => Latest;

    /// <inheritdoc/>
    protected override Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        string? wanted = Latest ? "latest" : Id;
        foreach (DeploymentEnvironment environment in WantedEnvironments())
        {
            var store = new BackupStore(environment);
            foreach (DeploymentBackup backup in wanted is null ? store.List(Sink) : [store.Find(wanted)])
            {
                Write(backup);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Without any given, all stages: one that cannot be resolved here hides no other.</summary>
    private IEnumerable<DeploymentEnvironment> WantedEnvironments()
    {
        if (Environment is not null || DatabaseUrl is not null || !File.Exists(CurrentProject.PipelineFile))
        {
            return BoundEnvironments();
        }

        DeploymentPipeline pipeline = DeploymentPipeline.Load(CurrentProject);
        return pipeline.StageNames.SelectMany(stage => ResolveOrReport(pipeline, stage));
    }

    private IReadOnlyList<DeploymentEnvironment> ResolveOrReport(DeploymentPipeline pipeline, string stage)
    {
        try
        {
            return pipeline.Resolve(stage);
        }
        catch (DeployException e)
        {
            WriteFailure(e);
            return [];
        }
    }
}
