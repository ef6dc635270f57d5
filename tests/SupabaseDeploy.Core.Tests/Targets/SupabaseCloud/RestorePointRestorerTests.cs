using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>The whole database of a hosted project goes back to a restore point, and the ledger goes on.</summary>
public sealed class RestorePointRestorerTests : IAsyncLifetime
{
    private CloudApplication _application = null!;

    private RestorePointRestorer Restorer => new(_application.Targets);

    public async ValueTask InitializeAsync()
    {
        _application = await CloudApplication.CreateAsync("backup: { before: true }");
        _application.WriteMigration(1);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task The_database_is_what_it_was_before_the_deployment_and_the_ledger_has_all_of_it()
    {
        Release one = await _application.ReleaseAsync();
        await _application.PublishAsync(one);
        _application.WriteMigration(2, hasDownScript: false);
        Deployment second = await _application.PublishAsync(await _application.ReleaseAsync());
        string name = second.Steps.Single(step => step.Name == StepName.RestorePoint).Message!.Split(' ', '.')[2];
        _application.Staging.OnRestore = _ => _application.GoBackAsync();

        RestorePoint point = await Restorer.FindAsync(_application.Environment, name, default);
        Deployment restored = await Restorer.RestoreAsync(_application.Environment, point, new DeploymentOptions(), _application.Sink, default);

        Assert.Equal((DeploymentStatus.Succeeded, DeploymentKind.Restore, one.Id), (restored.Status, restored.Kind, restored.Release?.Id));
        Assert.Equal($"Back at restore point {name}: 1 migrations are in the history, all of release {one}.", restored.Reason);
        IReadOnlyList<Deployment> ledger = await new Ledger(_application.Environment, _application.Database.Application).GetDeploymentsAsync(default);
        Assert.Equal(["1 Publish Succeeded", "2 Publish Succeeded", "3 Restore Succeeded"], ledger.Select(each => $"{each.Number} {each.Kind} {each.Status}"));
        Assert.False(await _application.Database.ScalarAsync<bool>("select to_regclass('public.t2') is not null"));

        // The environment is the first release again, so the next publish finds nothing in its way.
        Assert.Equal(DeploymentStatus.Succeeded, (await _application.PublishAsync(one)).Status);
    }

    [Fact]
    public async Task Rows_that_are_gone_are_counted_after_it_and_kept_with_the_restore()
    {
        await _application.PublishAsync(await _application.ReleaseAsync());
        _application.WriteMigration(2, hasDownScript: false);
        Deployment second = await _application.PublishAsync(await _application.ReleaseAsync());
        await _application.Database.ExecuteAsync("insert into public.t2 values (1), (2), (3)");
        _application.Staging.OnRestore = _ => _application.GoBackAsync();
        RestorePoint point = await Restorer.FindAsync(_application.Environment, RestorePointStep.Of(second)!, default);

        Deployment restored = await Restorer.RestoreAsync(_application.Environment, point, new DeploymentOptions(), _application.Sink, default);

        Assert.Matches(@"^\d+ rows are lost \(.*public\.t2 3 → 0.*\), and every other change of the .* since 2026-11-23 05:00:00Z\.$", Assert.Single(restored.Events).Message);
        Assert.Equal(restored.Events[0].Message, (await new Ledger(_application.Environment, _application.Database.Application).GetDeploymentsAsync(default))[^1].Events[^1].Message);
    }

    [Fact]
    public async Task A_restore_point_is_the_way_back_where_no_down_script_leads_there_and_goes_before_a_backup()
    {
        Release one = await _application.ReleaseAsync();
        await _application.PublishAsync(one);
        _application.WriteMigration(2, hasDownScript: false);
        Deployment second = await _application.PublishAsync(await _application.ReleaseAsync());
        string name = RestorePointStep.Of(second)!;
        var backup = new RollbackWay(RollbackStrategy.Backup, "A backup.", "All.", null) { BackupId = "b" };
        var means = new RollbackMeans { FindBackup = (_, _, _) => Task.FromResult(backup) };

        DeploymentPlan plan = await new DeploymentPlanner(_application.Targets, means: means).PlanRollbackAsync(_application.Environment, null, default);

        Assert.Equal([false, false, true, true], plan.Ways.Select(way => way.IsPossible));
        Assert.Equal((RollbackStrategy.RestorePoint, name), (plan.Way!.Strategy, plan.Way.RestorePoint));
        Assert.StartsWith(
            "RestorePoint is the way that costs least of those that lead there: not CodeOnly, because migration 002 was applied since; not DownScripts, because ",
            RollbackWay.Explain(plan.Ways),
            StringComparison.Ordinal);

        // The platform gave that point up; a daily backup of its own from the same time does as well, and one from another time does not.
        _application.Staging.SetRestorePoint(name, "REMOVED");
        _application.Staging.DailyBackups.Add((7, second.StartedAt.AddHours(-1)));
        _application.Staging.DailyBackups.Add((9, second.StartedAt.AddHours(1)));
        plan = await new DeploymentPlanner(_application.Targets, means: means).PlanRollbackAsync(_application.Environment, null, default);
        Assert.Equal(backup, plan.Way);
        _application.Staging.DailyBackups.Add((8, second.StartedAt));
        plan = await new DeploymentPlanner(_application.Targets, means: means).PlanRollbackAsync(_application.Environment, null, default);
        Assert.Equal("backup-8", plan.Way!.RestorePoint);
    }

    [Fact]
    public async Task A_restore_whose_code_did_not_follow_is_finished_before_anything_else_is_gone_back_to()
    {
        (Release zero, Release one, RestorePoint point) = await PublishThreeAsync();
        Deployment restored = await Restorer.RestoreAsync(_application.Environment, point, new DeploymentOptions(), _application.Sink, default);
        Assert.Equal(one.Id, restored.Release?.Id);

        // Here the process died. The next one does not take the release for one that is there.
        DeploymentPlan plan = await new DeploymentPlanner(_application.Targets, sink: _application.Sink).PlanRollbackAsync(_application.Environment, null, default);

        Assert.Equal((one.Id, RollbackStrategy.CodeOnly), (plan.Release!.Id, plan.Way!.Strategy));
        Assert.Contains(_application.Sink.Events.OfType<Notice>(), notice => notice.Message.EndsWith("the code did not follow: that is finished first.", StringComparison.Ordinal));
        Deployment finished = await _application.RollBackAsync();
        Assert.Equal((DeploymentStatus.Succeeded, one.Id, true), (finished.Status, finished.Release!.Id, finished.Changed));
        Assert.Equal(one.Functions.Single().Digest, (await _application.Target.Functions!.ListAsync(default)).Single().Digest);
        plan = await new DeploymentPlanner(_application.Targets).PlanRollbackAsync(_application.Environment, null, default);
        Assert.Equal(zero.Id, plan.Release!.Id);
    }

    [Fact]
    public async Task That_the_code_does_not_fit_the_database_is_said_at_once_and_as_long_as_it_is_so()
    {
        (_, Release one, RestorePoint point) = await PublishThreeAsync();
        Deployment restored = await Restorer.RestoreAsync(_application.Environment, point, new DeploymentOptions(), _application.Sink, default);
        var code = new CodeAfterRestore(_application.Targets, new DeploymentPublisher(_application.Targets, (_, _, _) => Task.FromResult("backup-1")));
        var health = new HealthChecker(_application.Targets);

        restored = await code.TellAsync(restored, _application.Sink, default);

        Assert.Equal(
            $"Database and code of 'staging' do not fit: the database is that of release {one}, and what follows is not: functions hello. Bring it: Restore-Deployment staging",
            restored.Events[^1].Message);
        IReadOnlyList<Deployment> recorded = await new Ledger(_application.Environment, _application.Database.Application).GetDeploymentsAsync(default);
        Assert.Equal(restored.Events[^1], recorded[^1].Events[^1]);
        HealthCheck functions = (await health.CheckAsync(_application.Environment, null, default)).Checks.Single(check => check.Check == "functions");
        Assert.Equal(
            (HealthStatus.Degraded, $"The database is that of release {one} since it was restored, and hello is not. Bring the code: Restore-Deployment staging"),
            (functions.Status, functions.Message));

        await _application.RollBackAsync();

        Assert.DoesNotContain((await health.CheckAsync(_application.Environment, null, default)).Checks, check => check.Check == "functions");
        Assert.Equal(restored.Events, (await code.TellAsync(restored, _application.Sink, default)).Events);
    }

    [Fact]
    public async Task What_the_restore_did_is_said_where_the_code_cannot_follow()
    {
        (_, Release one, RestorePoint point) = await PublishThreeAsync();
        Deployment restored = await Restorer.RestoreAsync(_application.Environment, point, new DeploymentOptions(), _application.Sink, default);
        var code = new CodeAfterRestore(_application.Targets, new DeploymentPublisher(_application.Targets, (_, _, _) => Task.FromResult("backup-1")));
        await _application.Database.ExecuteAsync("insert into supabase_migrations.schema_migrations (version, name) values ('002', 'not_the_releases')");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => code.BringAsync(restored, one, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, _application.Sink, default));

        Assert.StartsWith($"The database of 'staging' was brought back, by {restored}; web root, functions and settings of release '{one}' were not.", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("Run 'Restore-Deployment staging' again, which brings them first.", e.Remedy, StringComparison.Ordinal);

        await _application.Database.ExecuteAsync("delete from supabase_migrations.schema_migrations where version = '002'");
        Deployment? brought = await code.BringAsync(restored, one, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, _application.Sink, default);
        Assert.Equal((DeploymentStatus.Succeeded, one.Id), (brought!.Status, brought.Release!.Id));
        Assert.Null(await code.BringAsync(restored, one, new DeploymentOptions(), _application.Sink, default));
    }

    /// <summary>Three releases whose function differs, the last with a migration that only its restore point takes back.</summary>
    private async Task<(Release Zero, Release One, RestorePoint Point)> PublishThreeAsync()
    {
        _application.WriteFunction("hello", "// zero");
        Release zero = await _application.ReleaseAsync();
        await _application.PublishAsync(zero);
        _application.WriteFunction("hello", "// one");
        Release one = await _application.ReleaseAsync();
        await _application.PublishAsync(one);
        _application.WriteMigration(2, hasDownScript: false);
        _application.WriteFunction("hello", "// two");
        Deployment second = await _application.PublishAsync(await _application.ReleaseAsync());
        _application.Staging.OnRestore = _ => _application.GoBackAsync();
        return (zero, one, await Restorer.FindAsync(_application.Environment, RestorePointStep.Of(second)!, default));
    }

    [Fact]
    public async Task The_point_is_that_of_the_deployment_that_stayed_and_not_of_one_that_was_rolled_back_before_it()
    {
        Release one = await _application.ReleaseAsync();
        await _application.PublishAsync(one);
        _application.WriteMigration(2);
        _application.Write("migrations/003_wrong.sql", "select * from public.nowhere;\n");
        Deployment undone = await _application.PublishAsync(await _application.ReleaseAsync());
        File.Delete(Path.Combine(_application.Project.MigrationsFolder, "003_wrong.sql"));
        Deployment stayed = await _application.PublishAsync(await _application.ReleaseAsync());

        DeploymentPlan plan = await new DeploymentPlanner(_application.Targets).PlanRollbackAsync(_application.Environment, one, default);

        Assert.Equal((DeploymentStatus.RolledBack, DeploymentStatus.Succeeded), (undone.Status, stayed.Status));
        Assert.NotNull(RestorePointStep.Of(undone));
        Assert.Equal(RestorePointStep.Of(stayed), plan.Ways.Single(way => way.Strategy == RollbackStrategy.RestorePoint).RestorePoint);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restore_that_never_began_is_a_failure_and_locks_nothing(bool isRefused)
    {
        Release one = await _application.ReleaseAsync();
        Deployment first = await _application.PublishAsync(one);
        string name = first.Steps.Single(step => step.Name == StepName.RestorePoint).Message!.Split(' ', '.')[2];
        RestorePoint point = await Restorer.FindAsync(_application.Environment, name, default);
        if (isRefused)
        {
            _application.Staging.SetRestorePoint(name, "REMOVED");
        }

        DeployException failure = await Assert.ThrowsAsync<DeployException>(
            () => Restorer.RestoreAsync(_application.Environment, point, new DeploymentOptions(), _application.Sink, default));
        Assert.Equal(isRefused ? ErrorTable.RestorePointUnusable : ErrorTable.CloudRestoreFailed, failure.Code);
        Deployment told = (await new Ledger(_application.Environment, _application.Database.Application).GetDeploymentsAsync(default))[^1];
        Assert.Equal((DeploymentKind.Restore, DeploymentStatus.Failed, false), (told.Kind, told.Status, told.Changed));
        Assert.Contains(isRefused ? "Nothing was changed." : "still the one from before", told.Reason, StringComparison.Ordinal);
        _application.WriteMigration(2);
        Assert.Equal(DeploymentStatus.Succeeded, (await _application.PublishAsync(await _application.ReleaseAsync())).Status);
    }

    [Fact]
    public async Task A_restore_whose_ledger_cannot_be_kept_is_a_failure_and_the_platform_is_not_asked()
    {
        Deployment first = await _application.PublishAsync(await _application.ReleaseAsync());
        RestorePoint point = await Restorer.FindAsync(_application.Environment, RestorePointStep.Of(first)!, default);
        _application.Write(".supabase-deploy/restores", "a file where the folder should be");

        await Assert.ThrowsAnyAsync<IOException>(() => Restorer.RestoreAsync(_application.Environment, point, new DeploymentOptions(), _application.Sink, default));

        Deployment told = (await new Ledger(_application.Environment, _application.Database.Application).GetDeploymentsAsync(default))[^1];
        Assert.Equal((DeploymentKind.Restore, DeploymentStatus.Failed, false), (told.Kind, told.Status, told.Changed));
        Assert.EndsWith(" Nothing was changed.", told.Reason, StringComparison.Ordinal);
        Assert.Empty(_application.Staging.Restores);
    }

    [Fact]
    public async Task The_moment_that_a_deployment_noted_can_be_gone_back_to_and_a_locked_environment_names_it()
    {
        _application.Staging.HasRestorePoints = false;
        _application.Staging.HasPointInTimeRecovery = true;
        await _application.PublishAsync(await _application.ReleaseAsync());
        _application.WriteMigration(2, hasDownScript: false);
        _application.Staging.Services["auth"] = "UNHEALTHY";
        Deployment failed = await _application.PublishAsync(await _application.ReleaseAsync());
        string name = failed.Steps.Single(step => step.Name == StepName.RestorePoint).Message!.Split(' ', '.')[2];
        Assert.StartsWith("pitr-", name, StringComparison.Ordinal);
        Assert.Contains($"'Restore-Deployment staging -RestorePoint {name}'", failed.Lockout, StringComparison.Ordinal);

        Assert.Equal(name, (await Restorer.FindAsync(_application.Environment, name, default)).Name);
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Restorer.FindAsync(_application.Environment, "pitr-1", default));
        Assert.Equal(ErrorTable.NothingToRestore, failure.Code);
    }

    [Fact]
    public async Task Where_every_moment_is_a_point_the_one_before_the_first_change_is_the_way_back_though_no_publish_noted_it()
    {
        _application.Declare("");
        _application.Staging.HasPointInTimeRecovery = true;
        Release one = await _application.ReleaseAsync();
        DeploymentPlan first = await new DeploymentPlanner(_application.Targets).PlanPublishAsync(_application.Environment, one, false, default);
        await new DeploymentPublisher(_application.Targets, (_, _, _) => Task.FromResult(""), new HourEarlier())
            .ExecuteAsync(first, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, _application.Sink, default);
        _application.WriteMigration(2, hasDownScript: false);
        Deployment second = await _application.PublishAsync(await _application.ReleaseAsync());
        DateTimeOffset changed = second.Steps.First(step => step.Name == StepName.Migrate).StartedAt;

        DeploymentPlan plan = await new DeploymentPlanner(_application.Targets).PlanRollbackAsync(_application.Environment, null, default);

        Assert.Equal($"pitr-{changed.AddSeconds(-1).ToUnixTimeSeconds()}", plan.Way!.RestorePoint);

        // What the platform has not stored yet cannot be gone back to.
        _application.Staging.LastRecoverable = changed.AddMinutes(-5);
        plan = await new DeploymentPlanner(_application.Targets).PlanRollbackAsync(_application.Environment, null, default);
        Assert.Equal($"pitr-{changed.AddMinutes(-5).ToUnixTimeSeconds()}", plan.Way!.RestorePoint);
    }

    private sealed class HourEarlier : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(-1);
    }

    [Fact]
    public async Task What_cannot_be_gone_back_to_is_refused_with_what_can()
    {
        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => Restorer.FindAsync(_application.Environment, "sd-1", default));
        Assert.Equal(ErrorTable.NothingToRestore, failure.Code);
        await _application.Target.RestorePoints!.CreateAsync("sd-2", _application.Sink, default);
        failure = await Assert.ThrowsAsync<DeployException>(() => Restorer.FindAsync(_application.Environment, "sd-1", default));
        Assert.Contains("Give one of 'sd-2' (2026-11-23 05:00:00Z)", failure.Remedy, StringComparison.Ordinal);
    }
}
