using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

/// <summary>A fresh machine, as a CI runner is, has only the release that it publishes: what going back needs comes from the store before anything changes.</summary>
public sealed class WayBackFilesTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;
    private Release _first = null!;

    public async ValueTask InitializeAsync() => (_application, _first) = await PublishedApplication.CreateWithFirstAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task The_release_before_is_fetched_before_it_is_replaced_and_gone_back_to()
    {
        await LeaveInStoreOnlyAsync(_first);
        Release broken = await _application.ReleaseAsync(2, page: "broken");

        Deployment deployment = await _application.PublishAsync("staging", broken);

        Assert.Equal(DeploymentStatus.RolledBack, deployment.Status);
        Assert.Equal(("001", _first.Id), await _application.StateAsync("staging"));
        Assert.Contains(_application.Sink.Events.OfType<Notice>(), notice => notice.Message.StartsWith($"Fetching release {_first} from ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_release_before_that_is_nowhere_is_warned_of_before_anything_changes_and_with_the_deployment()
    {
        Directory.Delete(_first.Path, recursive: true);

        Deployment deployment = await _application.PublishAsync("staging", await _application.ReleaseAsync(2));

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        LedgerEvent caution = Assert.Single(deployment.Events, each => each.Kind == LedgerEvent.Caution);
        Assert.StartsWith($"If this fails, 'staging' cannot go back to release {_first} by itself", caution.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_refuses_before_anything_changes()
    {
        Directory.Delete(_first.Path, recursive: true);
        Release second = await _application.ReleaseAsync(2);
        NameStoreThatDoesNotAnswer();

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync("staging", second));

        Assert.Equal(ErrorTable.ReleaseStoreUnavailable, refused.Code);
        Assert.Equal(("001", _first.Id), await _application.StateAsync("staging"));
        Assert.Single(await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Down_scripts_that_only_the_store_has_are_a_way_back()
    {
        Release second = await _application.ReleaseAsync(2);
        await _application.PublishAsync("staging", second);
        await LeaveInStoreOnlyAsync(second);

        Deployment back = await _application.RollBackAsync("staging");

        Assert.Equal(DeploymentStatus.Succeeded, back.Status);
        Assert.Equal(("001", _first.Id), await _application.StateAsync("staging"));
    }

    [Theory]
    [InlineData("does not answer")]
    [InlineData("is gone")]
    [InlineData("is an empty mount point")]
    public async Task A_store_that_cannot_be_reached_makes_no_rollback_one_that_loses_data(string store)
    {
        Release second = await _application.ReleaseAsync(2);
        await _application.PublishAsync("staging", second);
        await LoseStoreAsync(second, store);
        var backup = new RollbackWay(RollbackStrategy.Backup, "A backup.", "3 rows of the last hour.", null) { BackupId = "b" };
        var planner = new DeploymentPlanner(_application.Targets, means: new RollbackMeans { FindBackup = (_, _, _) => Task.FromResult(backup) });

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => planner.PlanRollbackAsync(_application.Environment("staging"), _first, CancellationToken.None));

        Assert.Equal(ErrorTable.ReleaseStoreUnavailable, refused.Code);
    }

    [Fact]
    public async Task A_store_that_is_there_and_does_not_have_the_down_scripts_leaves_the_ways_that_cost_more()
    {
        Release second = await _application.ReleaseAsync(2);
        await _application.PublishAsync("staging", second);
        Directory.Delete(second.Path, recursive: true);
        await LeaveInStoreOnlyAsync(await _application.ReleaseAsync(3));
        var backup = new RollbackWay(RollbackStrategy.Backup, "A backup.", "3 rows of the last hour.", null) { BackupId = "b" };
        var planner = new DeploymentPlanner(_application.Targets, means: new RollbackMeans { FindBackup = (_, _, _) => Task.FromResult(backup) });

        DeploymentPlan plan = await planner.PlanRollbackAsync(_application.Environment("staging"), _first, CancellationToken.None);

        Assert.Equal("b", plan.Way!.BackupId);
    }

    [Fact]
    public async Task Down_scripts_are_looked_for_in_every_release_that_has_them()
    {
        Release second = await _application.ReleaseAsync(2);
        await _application.PublishAsync("staging", second);
        Release third = await _application.ReleaseAsync(2, page: "ready again");
        await _application.PublishAsync("staging", third);
        await LeaveInStoreOnlyAsync(third);
        Directory.Delete(second.Path, recursive: true);

        Deployment back = await _application.RollBackAsync("staging", _first);

        Assert.Equal(DeploymentStatus.Succeeded, back.Status);
        Assert.Equal(("001", _first.Id), await _application.StateAsync("staging"));
    }

    [Fact]
    public async Task A_damaged_archive_of_the_release_before_is_warned_of_and_stops_no_publish()
    {
        await LeaveInStoreOnlyAsync(_first);
        _application.Write($"shared/{_first.Id}.release.tar.gz", "cut off");

        Deployment deployment = await _application.PublishAsync("staging", await _application.ReleaseAsync(2));

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        LedgerEvent caution = Assert.Single(deployment.Events, each => each.Kind == LedgerEvent.Caution);
        Assert.StartsWith($"If this fails, 'staging' cannot go back to release {_first} by itself", caution.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_archive_with_down_scripts_is_warned_of_and_is_no_way_back()
    {
        Release second = await _application.ReleaseAsync(2);
        await _application.PublishAsync("staging", second);
        await LeaveInStoreOnlyAsync(second);
        _application.Write($"shared/{second.Id}.release.tar.gz", "cut off");
        var planner = new DeploymentPlanner(_application.Targets, sink: _application.Sink);

        DeployException none = await Assert.ThrowsAsync<DeployException>(() => planner.PlanRollbackAsync(_application.Environment("staging"), _first, CancellationToken.None));

        Assert.Equal(ErrorTable.DownScriptsMissing, none.Code);
        Assert.Contains(_application.Sink.Events.OfType<Caution>(), caution => caution.Message.StartsWith($"Release {second} with the down script of migration 002 cannot be used", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Down_scripts_that_are_nowhere_are_no_way_back_and_say_so()
    {
        Release second = await _application.ReleaseAsync(2);
        await _application.PublishAsync("staging", second);
        Directory.Delete(second.Path, recursive: true);

        DeployException none = await Assert.ThrowsAsync<DeployException>(() => _application.RollBackAsync("staging"));

        Assert.Equal(ErrorTable.DownScriptsMissing, none.Code);
        Assert.Equal(("001 002", second.Id), await _application.StateAsync("staging"));
    }

    private string SharedFolder => Path.Combine(_application.Project.Root, "shared");

    private async Task LeaveInStoreOnlyAsync(Release release)
    {
        NameStore("shared");
        Directory.CreateDirectory(SharedFolder);
        await ProjectReleases.Open(_application.Project).ShareAsync(release, _application.Sink, CancellationToken.None);
        Directory.Delete(release.Path, recursive: true);
    }

    private async Task LoseStoreAsync(Release release, string how)
    {
        if (how == "does not answer")
        {
            Directory.Delete(release.Path, recursive: true);
            NameStoreThatDoesNotAnswer();
            return;
        }

        await LeaveInStoreOnlyAsync(release);
        Directory.Move(SharedFolder, SharedFolder + "-elsewhere");
        if (how == "is an empty mount point")
        {
            Directory.CreateDirectory(SharedFolder);
        }
    }

    private void NameStoreThatDoesNotAnswer()
    {
        NameStore("s3://bucket/x, endpoint: 'http://127.0.0.1:9', accessKey: '${secret:KEY}', secretKey: '${secret:KEY}'");
        File.SetUnixFileMode(_application.Write(".supabase-deploy/secrets/KEY", "k"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private void NameStore(string store)
    {
        string pipeline = File.ReadAllText(_application.Project.PipelineFile);
        _application.Write("env/pipeline.yml", $"{pipeline}\nreleases: {{ store: {store} }}\n");
    }
}
