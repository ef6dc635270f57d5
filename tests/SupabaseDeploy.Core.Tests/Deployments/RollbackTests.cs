using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class RollbackTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task Going_back_twice_goes_back_by_two_releases()
    {
        Release[] releases = await PublishAsync(3);

        Deployment first = await _application.RollBackAsync("staging");
        Assert.Equal((DeploymentKind.Rollback, DeploymentStatus.Succeeded), (first.Kind, first.Status));
        Assert.Equal(("001 002", releases[1].Id), await _application.StateAsync("staging"));

        await _application.RollBackAsync("staging");
        Assert.Equal(("001", releases[0].Id), await _application.StateAsync("staging"));

        DeployException end = await Assert.ThrowsAsync<DeployException>(() => _application.RollBackAsync("staging"));
        Assert.Equal(ErrorTable.NothingToRestore, end.Code);
    }

    [Fact]
    public async Task A_schema_that_down_scripts_did_not_bring_back_is_said_also_where_a_person_goes_back()
    {
        await PublishAsync(1);
        _application.WriteVersion(2);
        _application.Write("migrations/002_add_t2.sql", "create table public.t2 (id int primary key);\ncreate table public.left_over (id int);\n");
        Release release = await _application.ReleaseAsync();
        using var stop = new CancellationTokenSource();
        var sink = new ActingSink(each =>
        {
            if (each is DeploymentStepStarted { Step: StepName.Web })
            {
                stop.Cancel();
            }
        });
        DeploymentPlan plan = await _application.Planner.PlanPublishAsync(_application.Environment("staging"), release, false, CancellationToken.None);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _application.Publisher().ExecuteAsync(plan, new DeploymentOptions(), sink, stop.Token));

        Deployment back = await _application.RollBackAsync("staging");

        Assert.Equal(DeploymentStatus.Succeeded, back.Status);
        Assert.Contains(back.Events, each => each.Message.StartsWith("The down scripts did not bring back the schema from before. 1 object is not as deployment 1 left the schema", StringComparison.Ordinal)
            && each.Message.Contains("left_over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_plan_shows_the_way_and_the_rows_that_are_lost()
    {
        Release[] releases = await PublishAsync(3);

        DeploymentPlan plan = await _application.Planner.PlanRollbackAsync(_application.Environment("staging"), releases[0], CancellationToken.None);

        Assert.Equal(["lock", "preflight", "web", "undo", "health", "record"], plan.Steps.Select(step => step.Name));
        Assert.Equal(["003", "002"], plan.Undo);
        Assert.Equal(["table public.t3 (2 rows)", "table public.t2 (2 rows)"], plan.DataLoss);
        Assert.Equal(releases[2].Id, plan.PreviousRelease!.Id);
    }

    [Fact]
    public async Task A_plan_that_was_overtaken_is_not_executed()
    {
        Release[] releases = await PublishAsync(2);
        DeploymentPlan plan = await _application.Planner.PlanRollbackAsync(_application.Environment("staging"), releases[0], CancellationToken.None);
        Release third = await _application.ReleaseAsync(3);
        await _application.PublishAsync("staging", third);

        DeployException e = await Assert.ThrowsAsync<DeployException>(
            () => _application.Publisher().ExecuteAsync(plan, new DeploymentOptions(), NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal(ErrorTable.PlanOutdated, e.Code);
        Assert.Equal(("001 002 003", third.Id), await _application.StateAsync("staging"));
    }

    [Fact]
    public async Task A_release_that_was_never_healthy_here_is_no_way_back()
    {
        await PublishAsync(1);
        Release other = await _application.ReleaseAsync(2);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => _application.RollBackAsync("staging", other));

        Assert.Equal(ErrorTable.NothingToRestore, e.Code);
        Assert.Contains($"Publish-Environment staging -Release {other}", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_that_came_later_is_published_and_not_gone_back_to()
    {
        Release[] releases = await PublishAsync(3);
        await _application.RollBackAsync("staging", releases[1]);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => _application.RollBackAsync("staging", releases[2]));

        Assert.Equal(ErrorTable.NothingToRestore, e.Code);
        Assert.Contains($"it came here after the current release, '{releases[1]}'", e.Message, StringComparison.Ordinal);
        Assert.Equal($"Publish it: Publish-Environment staging -Release {releases[2]}", e.Remedy);
        Assert.Equal("001 002", (await _application.StateAsync("staging")).History);
        await _application.RollBackAsync("staging", releases[0]);
        Assert.Equal(("001", releases[0].Id), await _application.StateAsync("staging"));
    }

    [Fact]
    public async Task A_release_that_was_published_again_may_be_left_for_the_one_between()
    {
        Release first = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", first);
        _application.Write("build/web/index.html", "<h1>another page, ready</h1>");
        Release second = await _application.ReleaseAsync();
        await _application.PublishAsync("staging", second);
        await _application.PublishAsync("staging", first);

        Assert.Equal(DeploymentStatus.Succeeded, (await _application.RollBackAsync("staging", second)).Status);
    }

    [Fact]
    public async Task Going_back_applies_no_migration_that_was_not_there()
    {
        Release[] releases = await PublishAsync(2);
        await _application.Database("staging").ExecuteAsync("delete from supabase_migrations.schema_migrations; drop table public.t1, public.t2");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => _application.RollBackAsync("staging", releases[0]));

        Assert.Equal(ErrorTable.NothingToRestore, e.Code);
        Assert.Contains("migration 001 would be applied: that is a publish", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_contracting_migration_that_is_still_to_come_waits_for_the_next_publish()
    {
        _application.Change = environment => environment with { Migrations = environment.Migrations with { Contract = ContractMigrations.AfterHealth } };
        _application.Write("migrations/002_contract.sql", "-- supabase-deploy: contract\nselect 1/0;\n");
        Release first = await _application.ReleaseAsync(1);
        Assert.NotNull((await _application.PublishAsync("staging", first)).Failure);
        _application.Write("build/web/index.html", "<h1>another page, ready</h1>");
        Assert.NotNull((await _application.PublishAsync("staging", await _application.ReleaseAsync())).Failure);

        Deployment back = await _application.RollBackAsync("staging");

        Assert.Equal((DeploymentStatus.Succeeded, first.Id), (back.Status, back.Release!.Id));
        Assert.DoesNotContain(back.Steps, step => step.Name is StepName.Migrate or StepName.Contract);
        Assert.Equal(("001", first.Id), await _application.StateAsync("staging"));
    }

    [Fact]
    public async Task Without_down_scripts_the_way_back_is_refused_before_anything_is_done()
    {
        await PublishAsync(1);
        await _application.PublishAsync("staging", await _application.ReleaseAsync(2, hasDownScript: false));

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => _application.RollBackAsync("staging"));

        Assert.Equal(ErrorTable.DownScriptsMissing, e.Code);
        Assert.Contains("migration 002", e.Message, StringComparison.Ordinal);
        Assert.Equal("001 002", (await _application.StateAsync("staging")).History);
    }

    [Fact]
    public async Task Going_back_that_fails_locks_the_environment_until_it_is_gone_on_with_or_repaired()
    {
        Release first = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", first);
        _application.WriteVersion(2);
        _application.Write("migrations/down/002_add_t2.sql", "select 1/0;");
        await _application.PublishAsync("staging", await _application.ReleaseAsync());
        Release third = await _application.ReleaseAsync(3);
        await _application.PublishAsync("staging", third);

        Deployment failed = await _application.RollBackAsync("staging", first);
        Deployment again = await _application.RollBackAsync("staging", first);

        Assert.All([failed, again], each => Assert.Equal((DeploymentStatus.Failed, true), (each.Status, each.Changed)));
        Assert.Contains("division by zero", again.Lockout, StringComparison.Ordinal);
        Assert.Contains($"'Restore-Deployment staging -Release {first}'", again.Lockout, StringComparison.Ordinal);
        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync("staging", third));
        Assert.Equal((ErrorTable.GateRefused, again.Lockout), (refused.Code, refused.Remedy));

        Deployment repaired = await _application.PublishAsync("staging", third, new DeploymentOptions { HealthLimit = TimeSpan.Zero, RollForward = true });
        Assert.Equal(DeploymentStatus.Succeeded, repaired.Status);
        Assert.Equal(("001 002 003", third.Id), await _application.StateAsync("staging"));
    }

    [Fact]
    public async Task A_backup_is_taken_before_the_first_change_where_the_pipeline_says_so()
    {
        await using PublishedApplication application = await PublishedApplication.CreateAsync("backup: { before: true }");
        Release release = await application.ReleaseAsync(1, hasDownScript: false);

        Deployment deployment = await application.PublishAsync("production", release);
        Deployment again = await application.PublishAsync("production", release);

        Assert.Equal(["lock", "preflight", "backup", "migrate", "web", "health", "record"], deployment.Steps.Select(step => step.Name));
        Assert.Equal("Backup backup-1.", deployment.Steps[2].Message);
        Assert.Equal(RollbackStrategy.Backup, deployment.Plan.Rollback.Strategy);
        Assert.False(again.Changed);
        Assert.Equal(["production"], application.Backups);
    }

    private async Task<Release[]> PublishAsync(int count)
    {
        var releases = new List<Release>();
        for (int number = 1; number <= count; number++)
        {
            releases.Add(await _application.ReleaseAsync(number));
            await _application.PublishAsync("staging", releases[^1]);
        }

        return [.. releases];
    }
}
