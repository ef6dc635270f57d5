using SupabaseDeploy.Deployments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Backups;

/// <summary>A backup belongs to the release that was deployed when it was taken.</summary>
public sealed class BackupOfReleaseTests : IAsyncLifetime
{
    private BackedUpProject _project = null!;
    private Ledger _ledger = null!;
    private Release _first = null!;
    private Release _second = null!;
    private DeploymentBackup _backup = null!;

    public async ValueTask InitializeAsync()
    {
        _project = await BackedUpProject.CreateAsync();
        _ledger = new Ledger(_project.Environment, _project.Database.Application);
        _first = await ReleaseAsync("one");
        await RecordAsync(_first, null);
        _backup = await _project.BackUpAsync(NullProgressSink.Instance);
        _second = await ReleaseAsync("two");
        await RecordAsync(_second, _first);
        _project.Targets.Served = _second.Id;
    }

    public ValueTask DisposeAsync() => _project.DisposeAsync();

    [Fact]
    public async Task A_drill_is_evidence_for_the_release_of_the_backup()
    {
        Assert.Equal(_first.Id, _backup.Release);

        BackupDrill drill = await new BackupDriller(_project.Targets).RunAsync(_backup, NullProgressSink.Instance, CancellationToken.None);

        Assert.True(drill.Succeeded, drill.Message);
        Evidence evidence = Assert.Single(await _ledger.GetEvidenceAsync(CancellationToken.None));
        Assert.Equal(("drill", _first.Id, true), (evidence.Kind, evidence.ReleaseId, evidence.IsPassed));
        Assert.StartsWith($"Backup {_backup.Id}: Restored and verified: ", evidence.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_puts_the_web_root_back_to_the_release_of_the_backup()
    {
        var restorer = new DeploymentRestorer(_project.Targets, new PostgresInstallations());

        Deployment deployment = await restorer.RestoreAsync(_backup, new DeploymentOptions(), NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal((DeploymentStatus.Succeeded, _first.Id, _second.Id), (deployment.Status, deployment.Release?.Id, deployment.PreviousRelease?.Id));
        Assert.Equal(_first.Id, _project.Targets.Served);
        Assert.Equal($"The web root serves {_first.ShortId} again.", deployment.Steps.Single(step => step.Name == "web").Message);
        Assert.Equal(_first.Id, (await _ledger.GetCurrentReleaseAsync(CancellationToken.None))?.Id);
        Assert.Equal(3, (await _ledger.GetDeploymentsAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task A_backup_that_holds_migrations_of_a_release_that_failed_is_no_way_back()
    {
        DeploymentBackup good = await _project.BackUpAsync(NullProgressSink.Instance);
        await _project.Database.ExecuteAsync("insert into supabase_migrations.schema_migrations (version) values ('20261201120000')");
        DeploymentBackup mixed = await _project.BackUpAsync(NullProgressSink.Instance);
        Assert.Equal((_second.Id, _second.Id), (good.Release, mixed.Release));
        var finder = new RollbackBackup(_project.Targets, new PostgresInstallations());

        RollbackWay way = await finder.FindAsync(_project.Environment, _second, NullProgressSink.Instance, CancellationToken.None);
        Directory.Delete(good.Path, recursive: true);
        RollbackWay none = await finder.FindAsync(_project.Environment, _second, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(good.Id, way.BackupId);
        Assert.Equal(
            $"no backup from while release {_second} ran holds just its migrations: in '{mixed.Id}' migration 20261201120000 is applied already.",
            none.WhyNot);
    }

    private Task<Release> ReleaseAsync(string page)
    {
        string web = Path.Combine(_project.Environment.Project.Root, "web");
        Directory.CreateDirectory(web);
        File.WriteAllText(Path.Combine(web, "index.html"), page);
        var content = new ReleaseContent { Application = "courses", MigrationsFolder = _project.Environment.MigrationsFolder, WebFolder = web };
        return new ReleaseStore(_project.Environment.Project).CreateAsync(content, NullProgressSink.Instance, CancellationToken.None);
    }

    private async Task RecordAsync(Release release, Release? previous)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var plan = new DeploymentPlan
        {
            Environment = _project.Environment,
            Kind = DeploymentKind.Publish,
            Release = release,
            PreviousRelease = previous,
            Steps = [],
            Rollback = new RollbackPlan(RollbackStrategy.CodeOnly, "", ""),
        };
        Deployment begun = await _ledger.BeginAsync(
            new Deployment
            {
                Id = Guid.NewGuid(),
                Environment = _project.Environment,
                Release = release,
                PreviousRelease = previous,
                Kind = DeploymentKind.Publish,
                Status = DeploymentStatus.Running,
                RequestedBy = "ann",
                StartedAt = now,
                Plan = plan,
                Steps = [],
            },
            CancellationToken.None);
        await _ledger.FinishAsync(begun with { Status = DeploymentStatus.Succeeded, Changed = true, FinishedAt = now }, null, CancellationToken.None);
    }
}
