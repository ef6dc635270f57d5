using System.Management.Automation;
using SupabaseDeploy.Backups;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Shell.Binding;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Shell.Deployment;

/// <summary>Brings an environment back to a release that was healthy there before, or its database back from a backup.</summary>
[Cmdlet(VerbsData.Restore, "Deployment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ReleaseSet)]
[OutputType(typeof(Deployments.Deployment), typeof(DeploymentPlan), typeof(RestorePlan))]
public sealed class RestoreDeploymentCommand : DeploymentCmdlet
{
    private const string ReleaseSet = "Release";
    private const string BackupSet = "Backup";
    private const string RestorePointSet = "RestorePoint";

    /// <summary>The environment: its name, or an object that belongs to one. A backup object is what its environment is restored from.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [EnvironmentTransformation(IsSingle = true)]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public EnvironmentReference Environment { get; set; } = null!;

    /// <summary>The release to go back to; the last healthy one before the current one when none is given.</summary>
    [Parameter(ParameterSetName = ReleaseSet)]
    [ReleaseTransformation]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public ReleaseReference? Release { get; set; }

    /// <summary>The backup to restore the database from: its id, or <c>latest</c>.</summary>
    [Parameter(ParameterSetName = BackupSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BackupCompleter))]
    public string? Backup { get; set; }

    /// <summary>The platform's restore point to bring the database back to.</summary>
    [Parameter(ParameterSetName = RestorePointSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RestorePointCompleter))]
    public string? RestorePoint { get; set; }

    /// <summary>Runs down scripts also where no proof says that they bring back what was there.</summary>
    [Parameter(ParameterSetName = ReleaseSet)]
    public SwitchParameter AllowUnproven { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessRecordAsync(CancellationToken cancellationToken) => RestorePoint is not null
        ? ToRestorePointAsync(RestorePoint, cancellationToken)
        : ChosenBackup() is { } backup
        ? FromBackupAsync(backup, cancellationToken)
        : ToReleaseAsync(cancellationToken);

    /// <summary>The backup that was named or piped in; null to go back to a release.</summary>
    private DeploymentBackup? ChosenBackup() =>
        Backup is not null ? new BackupStore(One(Environment)).Find(Backup)
        : Release is null ? Environment.Source as DeploymentBackup
        : null;

    private async Task FromBackupAsync(DeploymentBackup backup, CancellationToken cancellationToken)
    {
        var restorer = new DeploymentRestorer(Targets, new PostgresInstallations());
        RestorePlan plan = await restorer.PlanAsync(backup, Sink, cancellationToken).ConfigureAwait(false);
        bool isAgreed = await ShouldProcessAsync(Describe(backup.Environment), plan.ToString()).ConfigureAwait(false);
        if (IsWhatIf)
        {
            Write(plan);
        }
        else if (isAgreed)
        {
            Deployments.Deployment restored = await restorer.RestoreAsync(backup, Options(new()), Sink, cancellationToken).ConfigureAwait(false);
            WriteOutcome(await TellAsync(restored, cancellationToken).ConfigureAwait(false), $"Restore of backup '{backup.Id}'");
        }
    }

    /// <summary>The database, and nothing but the database.</summary>
    private async Task ToRestorePointAsync(string name, CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = One(Environment);
        await EndUnfinishedRestoreAsync(environment, cancellationToken).ConfigureAwait(false);
        await AwaitWorkUnderWayAsync(environment, cancellationToken).ConfigureAwait(false);
        var restorer = new RestorePointRestorer(Targets);
        RestorePoint point = await restorer.FindAsync(environment, name, cancellationToken).ConfigureAwait(false);
        string since = point.CreatedAt is { } moment ? $" This loses everything written since {moment.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z." : "";
        bool isAgreed = await ShouldProcessAsync(Describe(environment), $"Bring the database back to restore point {point}. {point.Limits}{since}").ConfigureAwait(false);
        if (IsWhatIf)
        {
            Write(await restorer.PlanAsync(environment, point, cancellationToken).ConfigureAwait(false));
        }

        if (IsWhatIf || !isAgreed)
        {
            return;
        }

        Deployments.Deployment restored = await restorer.RestoreAsync(environment, point, Options(new()), Sink, cancellationToken).ConfigureAwait(false);
        WriteOutcome(await TellAsync(restored, cancellationToken).ConfigureAwait(false), $"Restore to point '{point}'");
    }

    /// <summary>The database alone came back: whoever asked for that hears what is left to do. The restore is done whether that can be said or not.</summary>
    private async Task<Deployments.Deployment> TellAsync(Deployments.Deployment restored, CancellationToken cancellationToken)
    {
        try
        {
            return await new CodeAfterRestore(Targets, Publisher).TellAsync(restored, Sink, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DeployException || OutsideFailure.From(e) is not null)
        {
            Sink.Publish(new Caution($"Whether web root, functions and settings fit the database is not known: {e.Message} Look: Restore-Deployment {restored.Environment} -WhatIf"));
            return restored;
        }
    }

    private async Task ToReleaseAsync(CancellationToken cancellationToken)
    {
        DeploymentEnvironment environment = One(Environment);
        await EndUnfinishedRestoreAsync(environment, cancellationToken).ConfigureAwait(false);
        await AwaitWorkUnderWayAsync(environment, cancellationToken).ConfigureAwait(false);
        Releases.Release? wanted = Release is null ? null : await Release.FetchAsync(CurrentProject, Sink, cancellationToken).ConfigureAwait(false);
        DeploymentPlan plan = await new DeploymentPlanner(Targets, means: Means(), sink: Sink)
            .PlanRollbackAsync(environment, wanted, cancellationToken).ConfigureAwait(false);
        if (plan.HasWork)
        {
            Sink.Publish(new Notice(RollbackWay.Explain(plan.Ways)));
        }

        foreach (string loss in plan.DataLoss)
        {
            Sink.Publish(new Caution($"Going back to release '{plan.Release}' loses {loss.TrimEnd('.')}."));
        }

        bool isAgreed = !plan.HasWork || await ShouldProcessAsync(Describe(environment), Action(plan)).ConfigureAwait(false);
        if (IsWhatIf)
        {
            Write(plan);
        }
        else if (isAgreed)
        {
            // The release's files may be in the store only, as another machine published it: they are here before anything changes.
            await ProjectReleases.Open(plan.Environment.Project).FetchAsync(plan.Release!, Sink, cancellationToken).ConfigureAwait(false);
            await (plan.Way is { ReplacesDatabase: true } way ? ByDatabaseAsync(plan, way, cancellationToken) : ExecuteAsync(plan, new DeploymentOptions(), cancellationToken)).ConfigureAwait(false);
        }
    }

    /// <summary>The database first; then the code that it does not hold.</summary>
    private async Task ByDatabaseAsync(DeploymentPlan plan, RollbackWay way, CancellationToken cancellationToken)
    {
        Deployments.Deployment restored = way.BackupId is { } backup
            ? await new DeploymentRestorer(Targets, new PostgresInstallations())
                .RestoreAsync(new BackupStore(plan.Environment).Find(backup), Options(new()), Sink, cancellationToken).ConfigureAwait(false)
            : await ToPointAsync(plan.Environment, way.RestorePoint!, cancellationToken).ConfigureAwait(false);
        string restore = $"Restore of '{way.BackupId ?? way.RestorePoint}'";
        if (await BringCodeAsync(restored, plan.Release!, cancellationToken).ConfigureAwait(false) is { } code)
        {
            WriteOutcome(code, $"{restore} is done; bringing the code of release '{plan.Release}'");
        }
        else
        {
            WriteOutcome(restored, restore);
        }
    }

    /// <summary>Null when the database did not come back, or all of the code is there.</summary>
    private async Task<Deployments.Deployment?> BringCodeAsync(Deployments.Deployment restored, Releases.Release release, CancellationToken cancellationToken)
    {
        if (!restored.Changed)
        {
            return null;
        }

        try
        {
            return await new CodeAfterRestore(Targets, Publisher).BringAsync(restored, release, Options(new()), Sink, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException)
        {
            Write(restored);
            throw;
        }
    }

    private async Task<Deployments.Deployment> ToPointAsync(DeploymentEnvironment environment, string name, CancellationToken cancellationToken)
    {
        var restorer = new RestorePointRestorer(Targets);
        RestorePoint point = await restorer.FindAsync(environment, name, cancellationToken).ConfigureAwait(false);
        return await restorer.RestoreAsync(environment, point, Options(new()), Sink, cancellationToken).ConfigureAwait(false);
    }

    private RollbackMeans Means() => new()
    {
        Prove = AllowUnproven
            ? null
            : (source, versions, token) => new DownProver().ProveAsync(MigrationFolder.Read(source.MigrationsFolder, Sink), versions, CurrentProject, Sink, token),
        FindBackup = (environment, release, token) => new RollbackBackup(Targets, new PostgresInstallations()).FindAsync(environment, release, Sink, token),
    };

    /// <summary>The way and what it loses: all that a person needs to say yes or no.</summary>
    private static string Action(DeploymentPlan plan)
    {
        IEnumerable<string> way = plan.Steps.Where(step => step.Changes && step.Name != StepName.Record).Select(step => step.Description);
        string loss = plan.DataLoss.Count > 0 ? $" This loses {string.Join(", ", plan.DataLoss).TrimEnd('.')}." : "";
        string begin = plan.PreviousRelease?.Id == plan.Release?.Id ? $"Bring all of release {plan.Release} back." : $"Go back from release {plan.PreviousRelease?.ShortId ?? "none"} to {plan.Release}.";
        return $"{begin} {RollbackWay.Explain(plan.Ways)} {string.Join(" ", way)}{loss}";
    }
}
