using System.Management.Automation;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Migration;

/// <summary>Applies the pending migrations of environments, and writes one run a database, also when nothing was pending.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Migration", DefaultParameterSetName = EnvironmentSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MigrationRun))]
public sealed class InvokeMigrationCommand : EnvironmentCmdlet
{
    /// <summary>Run new and changed seed files afterwards; on by itself for target <c>local</c>.</summary>
    [Parameter]
    public SwitchParameter IncludeSeed { get; set; }

    /// <summary>How long to wait for another holder of the database's lock.</summary>
    [Parameter]
    [Alias("Wait")]
    [DurationTransformation]
    public TimeSpan LockTimeout { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        foreach (DeploymentEnvironment environment in BoundEnvironments())
        {
            IDeploymentTarget target = new DeploymentTargets().For(environment);
            string name = $"{environment.Name} ({target.Host})";
            if (IsWhatIf)
            {
                await ShowPlanAsync(name, await RequestAsync(target, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }
            else if (await ShouldProcessAsync(name, "Apply the pending migrations").ConfigureAwait(false))
            {
                MigrationRequest request = await RequestAsync(target, cancellationToken).ConfigureAwait(false);
                Write(await new MigrationRunner().ApplyAsync(request, Sink, cancellationToken).ConfigureAwait(false));
            }
        }
    }

    private async Task ShowPlanAsync(string name, MigrationRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<MigrationFile> pending = await new MigrationRunner().PlanAsync(request, Sink, cancellationToken).ConfigureAwait(false);
        if (pending.Count == 0)
        {
            await ShouldProcessAsync(name, "Apply no migration, because none is pending").ConfigureAwait(false);
        }

        foreach (MigrationFile file in pending)
        {
            await ShouldProcessAsync(name, $"Apply {file.FileName}").ConfigureAwait(false);
        }
    }

    private async Task<MigrationRequest> RequestAsync(IDeploymentTarget target, CancellationToken cancellationToken) => new()
    {
        Environment = target.Environment,
        Database = await target.GetDatabaseAsync(cancellationToken).ConfigureAwait(false),
        Folder = target.Environment.MigrationsFolder,
        LockWait = LockTimeout,
        IncludeSeed = MyInvocation.BoundParameters.ContainsKey(nameof(IncludeSeed)) ? IncludeSeed : target.Environment.Target == TargetKind.Local,
    };
}
