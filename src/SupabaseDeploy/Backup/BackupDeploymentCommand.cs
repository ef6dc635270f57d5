using System.Management.Automation;
using System.Runtime.ExceptionServices;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Backup;

/// <summary>Takes a backup of the database of environments, with the server's roles and a manifest to verify a restore by.</summary>
[Cmdlet(VerbsData.Backup, "Deployment", DefaultParameterSetName = EnvironmentSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(DeploymentBackup))]
public sealed class BackupDeploymentCommand : EnvironmentCmdlet
{
    /// <summary>How many environments are backed up at the same time.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 2;

    /// <inheritdoc/>
    protected override async Task ProcessRecordAsync(CancellationToken cancellationToken)
    {
        var targets = new DeploymentTargets();
        var wanted = new List<DeploymentEnvironment>();
        foreach (DeploymentEnvironment environment in BoundEnvironments())
        {
            string folder = new BackupStore(environment).Folder;
            if (await ShouldProcessAsync($"{environment.Name} ({targets.For(environment).Host})", $"Back up into '{folder}'").ConfigureAwait(false))
            {
                wanted.Add(environment);
            }
        }

        var service = new BackupService(targets, new PostgresInstallations());
        using var throttle = new SemaphoreSlim(ThrottleLimit);
        Task<DeploymentBackup>[] running = [.. wanted.Select(environment => BackUpAsync(service, throttle, environment, cancellationToken))];
        // One that fails does not stop the others, and all are done before anything is written.
        await Task.WhenAll((IEnumerable<Task>)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await WriteAsync(running).ConfigureAwait(false);
    }

    private async Task WriteAsync(Task<DeploymentBackup>[] taken)
    {
        var failures = new List<DeployException>();
        foreach (Task<DeploymentBackup> backup in taken)
        {
            try
            {
                Write(await backup.ConfigureAwait(false));
            }
            catch (DeployException e)
            {
                failures.Add(e);
            }
        }

        foreach (DeployException failure in failures.SkipLast(1))
        {
            WriteFailure(failure);
        }

        if (failures.Count > 0)
        {
            ExceptionDispatchInfo.Throw(failures[^1]);
        }
    }

    private async Task<DeploymentBackup> BackUpAsync(
        BackupService service, SemaphoreSlim throttle, DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        await throttle.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await service.CreateAsync(environment, Sink, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            throttle.Release();
        }
    }
}
