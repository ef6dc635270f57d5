using System.Management.Automation;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Shell.Pipeline;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>A command that plans a deployment, asks, executes it and writes it.</summary>
public abstract class DeploymentCmdlet : ProjectCmdlet
{
    /// <summary>How long to wait for another deployment or migration that holds the lock.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Wait { get; set; }

    /// <summary>How long the environment may take to be healthy afterwards.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan HealthTimeout { get; set; } = new DeploymentOptions().HealthLimit;

    /// <summary>Why, for those who read the history.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Reason { get; set; }

    /// <summary>Where environments live.</summary>
    private protected IDeploymentTargets Targets { get; } = new DeploymentTargets();

    /// <summary>Executes plans, with backups where the pipeline asks for them.</summary>
    private protected DeploymentPublisher Publisher => new(Targets, BackUpAsync);

    /// <summary>The one environment that was given.</summary>
    /// <exception cref="DeployException">It is not known, or a wildcard stands for several.</exception>
    private protected DeploymentEnvironment One(EnvironmentReference reference) => Resolve(reference) is [DeploymentEnvironment only] ? only : throw new DeployException(
        ErrorTable.InvalidValue,
        $"'{reference}' stands for several environments.",
        "Name one environment: they are deployed to one after the other, in promotion order.",
        reference.Name);

    /// <summary>The environment and its host, as questions name them.</summary>
    private protected string Describe(DeploymentEnvironment environment) => $"{environment} ({Targets.For(environment).Host})";

    /// <summary>Before anything is planned: a restore that another process began has to be in the ledger. With <c>-WhatIf</c> only says that it is not.</summary>
    private protected async Task EndUnfinishedRestoreAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        if (!IsWhatIf)
        {
            await new UnfinishedRestores(Targets).SettleAsync(environment, Wait, Sink, cancellationToken).ConfigureAwait(false);
            await new KilledRestores(Targets).SettleAsync(environment, Wait, Sink, cancellationToken).ConfigureAwait(false);
        }
        else if (UnfinishedRestores.Describe(environment) is { } unfinished)
        {
            Sink.Publish(new Caution(unfinished));
        }
    }

    /// <summary>
    /// Before anything is planned: what is seen while somebody else changes the environment is half of it, and a question about that would be the
    /// wrong one. Waits as long as <c>-Wait</c> says; with <c>-WhatIf</c> only says who is at work.
    /// </summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.DeploymentLockHeld"/>.</exception>
    private protected async Task AwaitWorkUnderWayAsync(DeploymentEnvironment environment, CancellationToken cancellationToken)
    {
        DatabaseAddress database = await Targets.For(environment).GetDatabaseAsync(cancellationToken).ConfigureAwait(false);
        if (await DeploymentLock.FindOwnerAsync(database, cancellationToken).ConfigureAwait(false) is not { } owner)
        {
            return;
        }

        if (IsWhatIf)
        {
            Sink.Publish(new Caution($"Environment '{environment}' is being changed by {owner}. This plan is made from what that work has done so far."));
            return;
        }

        DeploymentLock freed = await DeploymentLock.AcquireAsync(database, $"plan for {environment}", Wait, Sink, cancellationToken).ConfigureAwait(false);
        await freed.DisposeAsync().ConfigureAwait(false); // Nobody is kept out while a person thinks about the question.
    }

    /// <summary>Executes the plan and writes the deployment. One that did not succeed is written too, and then stops the script.</summary>
    private protected async Task ExecuteAsync(DeploymentPlan plan, DeploymentOptions options, CancellationToken cancellationToken)
    {
        WriteOutcome(await Publisher.ExecuteAsync(plan, Options(options), Sink, cancellationToken).ConfigureAwait(false), $"{plan.Kind} of release '{plan.Release}'");
    }

    /// <summary>What this command was told, on top of <paramref name="options"/>.</summary>
    private protected DeploymentOptions Options(DeploymentOptions options) => options with { LockWait = Wait, HealthLimit = HealthTimeout, Reason = Reason };

    /// <summary>Writes the deployment. One that did not succeed is written too, and then stops the script.</summary>
    private protected void WriteOutcome(Deployments.Deployment deployment, string what)
    {
        Write(deployment);
        if (deployment is { Status: DeploymentStatus.Succeeded, Failure: DeployException late })
        {
            throw late;
        }

        if (deployment.Status != DeploymentStatus.Succeeded)
        {
            throw new DeployException(
                ErrorTable.DeploymentFailed,
                $"{what} to '{deployment.Environment}' ended as {deployment.Status}: {deployment.Reason}",
                DeploymentRemedy.Of(deployment),
                deployment,
                deployment.Failure);
        }
    }

    private async Task<string> BackUpAsync(DeploymentEnvironment environment, IProgressSink sink, CancellationToken cancellationToken) =>
        (await new BackupService(Targets, new PostgresInstallations()).CreateAsync(environment, sink, cancellationToken).ConfigureAwait(false)).Id;
}
