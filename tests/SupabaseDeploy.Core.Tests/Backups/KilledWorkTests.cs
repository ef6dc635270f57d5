using Npgsql;
using SupabaseDeploy.Core.Tests;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Backups;

/// <summary>The process is killed, as by kill -9, between and inside the steps; what the next process finds is never two states or none.</summary>
[Collection(ServerRoles.Collection)]
public sealed class KilledWorkTests : IAsyncLifetime
{
    private BackedUpProject _project = null!;

    public async ValueTask InitializeAsync() => _project = await BackedUpProject.CreateAsync();

    public ValueTask DisposeAsync() => _project.DisposeAsync();

    [Fact]
    public async Task A_backup_that_was_killed_is_never_listed_and_the_next_one_cleans_up()
    {
        await _project.KillAsync("backup", "Dumping");
        string left = Assert.Single(Directory.GetDirectories(_project.Store.Folder, ".*"));

        Assert.Equal(_project.Backup.Id, Assert.Single(_project.Store.List(NullProgressSink.Instance)).Id);
        DeploymentBackup next = await _project.BackUpAsync(NullProgressSink.Instance);

        Assert.False(Directory.Exists(left));
        Assert.Equal([next.Id, _project.Backup.Id], _project.Store.List(NullProgressSink.Instance).Select(backup => backup.Id));
        Assert.Equal(2, Directory.GetFileSystemEntries(_project.Store.Folder).Length);
    }

    [Theory]
    [InlineData("ended verify", DeploymentStatus.Interrupted)]
    [InlineData("'*' is now", DeploymentStatus.Succeeded)]
    public async Task Whether_a_restore_that_was_killed_has_happened_is_in_the_ledger_before_anything_else_is_planned(string at, DeploymentStatus status)
    {
        await _project.KillAsync("restore", at == "'*' is now" ? $"'{_project.Live}_restore_" : at);
        var ledger = new Ledger(_project.Environment, _project.Database.Application);
        Assert.Equal(DeploymentStatus.Running, Assert.Single(await ledger.GetDeploymentsAsync(CancellationToken.None)).Status);

        await new KilledRestores(_project.Targets).SettleAsync(_project.Environment, TimeSpan.FromSeconds(30), NullProgressSink.Instance, CancellationToken.None);

        Deployment settled = Assert.Single(await ledger.GetDeploymentsAsync(CancellationToken.None));
        Assert.Equal((status, status == DeploymentStatus.Succeeded), (settled.Status, settled.Changed));
    }

    [Theory]
    [InlineData("ended verify", DeploymentStatus.Interrupted)]
    [InlineData("'*' is now", DeploymentStatus.Succeeded)]
    public async Task A_publish_finds_out_whether_a_restore_that_was_killed_has_happened(string at, DeploymentStatus status)
    {
        await _project.KillAsync("restore", at == "'*' is now" ? $"'{_project.Live}_restore_" : at);
        Release release = await new ReleaseStore(_project.Environment.Project).CreateAsync(
            new ReleaseContent { Application = "courses", MigrationsFolder = _project.Environment.MigrationsFolder }, NullProgressSink.Instance, CancellationToken.None);
        DeploymentPlan plan = await new DeploymentPlanner(_project.Targets).PlanPublishAsync(_project.Environment, release, false, CancellationToken.None);
        var publisher = new DeploymentPublisher(_project.Targets, (_, _, _) => throw new InvalidOperationException("No backup is asked for."));

        Deployment published = await publisher.ExecuteAsync(plan, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, NullProgressSink.Instance, CancellationToken.None);

        Assert.Equal(DeploymentStatus.Succeeded, published.Status);
        IReadOnlyList<Deployment> recorded = await new Ledger(_project.Environment, _project.Database.Application).GetDeploymentsAsync(CancellationToken.None);
        Assert.Equal([status, DeploymentStatus.Succeeded], recorded.Select(deployment => deployment.Status));
        Assert.Equal(status == DeploymentStatus.Succeeded, recorded[0].Changed);
        Assert.DoesNotContain(await _project.DatabasesAsync(), name => name.Contains("_restore_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_ledger_that_cannot_be_told_now_that_a_restore_has_happened_is_told_later()
    {
        await _project.KillAsync("restore", $"'{_project.Live}_restore_");
        await using (NpgsqlConnection maintenance = await (_project.Database.Administration with { Database = "_supabase_deploy" }).OpenAsync(CancellationToken.None))
        {
            var unreachable = new Ledger(_project.Environment, _project.Database.Application with { Port = 1 });
            await new RestoreRemains(maintenance, _project.Live, TimeProvider.System).SettleAsync(unreachable, NullProgressSink.Instance, CancellationToken.None);
        }

        await new KilledRestores(_project.Targets).SettleAsync(_project.Environment, TimeSpan.FromSeconds(30), NullProgressSink.Instance, CancellationToken.None);

        Deployment settled = Assert.Single(await new Ledger(_project.Environment, _project.Database.Application).GetDeploymentsAsync(CancellationToken.None));
        Assert.Equal((DeploymentStatus.Succeeded, true), (settled.Status, settled.Changed));
    }

    [Theory]
    [InlineData("Restoring", false)]
    [InlineData("ended verify", false)]
    [InlineData("The ledger goes on", false)]
    [InlineData("No session is left", false)]
    [InlineData("'*' is now", true)]
    [InlineData("started health", true)]
    public async Task A_restore_that_was_killed_left_the_old_database_or_the_new_one_and_the_next_restore_goes_through(string at, bool isSwitched)
    {
        await _project.Database.ExecuteAsync("delete from child");

        await _project.KillAsync("restore", at == "'*' is now" ? $"'{_project.Live}_restore_" : at);

        Assert.Equal(isSwitched ? 2 : 0, await _project.Database.ScalarAsync<long>("select count(*) from child"));
        Deployment next = await _project.Restorer.RestoreAsync(_project.Backup, new DeploymentOptions { LockWait = TimeSpan.FromSeconds(30) }, NullProgressSink.Instance, CancellationToken.None);
        Assert.Equal(DeploymentStatus.Succeeded, next.Status);
        Assert.Equal(2, await _project.Database.ScalarAsync<long>("select count(*) from child"));
        IReadOnlyList<string> databases = await _project.DatabasesAsync();
        Assert.Equal(2, databases.Count);
        Assert.StartsWith($"{_project.Live}_before_", databases[1], StringComparison.Ordinal);
        IReadOnlyList<Deployment> recorded = await new Ledger(_project.Environment, _project.Database.Application).GetDeploymentsAsync(CancellationToken.None);
        Assert.Equal(
            [isSwitched ? DeploymentStatus.Succeeded : DeploymentStatus.Interrupted, DeploymentStatus.Succeeded],
            recorded.Select(deployment => deployment.Status));
        Assert.DoesNotContain(recorded.SelectMany(deployment => deployment.Steps), step => step.Status == StepStatus.Running);
    }
}
