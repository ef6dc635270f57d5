using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class DeploymentPublisherTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task A_release_of_another_application_is_refused_also_where_the_database_is_empty()
    {
        _application.WriteVersion(1);
        Release other = await _application.Store.CreateAsync(
            new ReleaseContent { Application = "shop", MigrationsFolder = _application.Project.MigrationsFolder }, _application.Sink, CancellationToken.None);

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync("staging", other));

        Assert.Equal(ErrorTable.ReleaseNotForEnvironment, e.Code);
        Assert.Contains("is of application 'shop', and environment 'staging' of 'courses'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_down_script_that_ran_in_part_is_said_in_the_ledger_and_no_repair_is_published_on_top_of_it()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        _application.WriteVersion(2, page: "broken");
        _application.Write("migrations/down/002_add_t2.sql", "-- pg-delta: transaction=false\ndrop table public.t2;\ndrop table public.missing;\n");
        Release bad = await _application.ReleaseAsync();

        Deployment failed = await _application.PublishAsync("staging", bad);

        Assert.Equal(DeploymentStatus.Failed, failed.Status);
        Assert.Contains("1 of its 2 statements were kept, and the migration is still recorded as applied, although a part of it is undone.", failed.Lockout, StringComparison.Ordinal);
        Deployment recorded = (await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None))[^1];
        Assert.Contains("although a part of it is undone", recorded.Steps.Single(step => step.Name == StepName.RollbackMigrations).Message, StringComparison.Ordinal);
        Release repair = await _application.ReleaseAsync(2);
        DeploymentOptions forward = new() { HealthLimit = TimeSpan.Zero, RollForward = true };
        Deployment refused = await _application.PublishAsync("staging", repair, forward);
        Assert.Equal((DeploymentStatus.Failed, ErrorTable.MigrationHalfUndone), (refused.Status, (refused.Failure as DeployException)?.Code));

        // By hand, as the remedy says.
        await _application.Database("staging").ExecuteAsync("create table public.t2 (id int primary key); delete from supabase_migrations.unfinished_files");
        Assert.Equal(DeploymentStatus.Succeeded, (await _application.PublishAsync("staging", repair, forward)).Status);
    }

    [Theory]
    [InlineData(null, RollbackStrategy.DownScripts, "by the down scripts of migration 002. No rehearsal here has tried them.")]
    [InlineData(true, RollbackStrategy.DownScripts, "by the down scripts of migration 002. The rehearsal of ")]
    [InlineData(false, RollbackStrategy.None, "There is none: migration 002 cannot be undone by a down script (the rehearsal of ")]
    public async Task The_way_back_says_what_the_rehearsal_found_and_takes_no_down_script_that_does_not_restore(bool? isProven, RollbackStrategy strategy, string says)
    {
        Release first = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", first);
        Release broken = await _application.ReleaseAsync(2, page: "broken");
        if (isProven is { } proven)
        {
            string content = $$"""{"summary":"1 migration ran","downs":[{"version":"002","proven":{{(proven ? "true" : "false")}},"message":"The catalog is not what it was."}]}""";
            await _application.Ledger("staging").RecordEvidenceAsync(Evidence.Rehearsal, broken, true, content, TimeProvider.System.GetUtcNow(), CancellationToken.None);
        }

        Deployment ended = await _application.PublishAsync("staging", broken);

        Assert.Equal(strategy, ended.Plan.Rollback.Strategy);
        Assert.Contains(says, ended.Plan.Rollback.Description, StringComparison.Ordinal);
        if (isProven == false)
        {
            Assert.Equal(DeploymentStatus.Failed, ended.Status);
            Assert.Contains("says of 002: The catalog is not what it was", ended.Lockout, StringComparison.Ordinal);
            Assert.Equal(("001 002", broken.Id), await _application.StateAsync("staging"));
        }
        else
        {
            Assert.Equal(DeploymentStatus.RolledBack, ended.Status);
            Assert.Contains(says, ended.Events[0].Message, StringComparison.Ordinal);
            Assert.Equal(("001", first.Id), await _application.StateAsync("staging"));
        }
    }

    [Fact]
    public async Task A_schema_that_down_scripts_did_not_bring_back_is_said()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        _application.WriteVersion(2, page: "broken");
        _application.Write("migrations/002_add_t2.sql", "create table public.t2 (id int primary key);\ncreate table public.left_over (id int);\n");

        Deployment ended = await _application.PublishAsync("staging", await _application.ReleaseAsync());

        Assert.Equal(DeploymentStatus.RolledBack, ended.Status);
        Assert.Contains(ended.Events, each => each.Message.StartsWith("The down scripts did not bring back the schema from before. 1 object is not as deployment 1 left the schema", StringComparison.Ordinal)
            && each.Message.Contains("left_over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_release_is_published_step_by_step_and_recorded()
    {
        Release release = await _application.ReleaseAsync(1);

        Deployment deployment = await _application.PublishAsync("staging", release);

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Assert.True(deployment.Changed);
        Assert.Equal(1, deployment.Number);
        Assert.Null(deployment.PreviousRelease);
        Assert.Equal(["lock", "preflight", "migrate", "web", "health", "record"], deployment.Steps.Select(step => step.Name));
        Assert.All(deployment.Steps, step => Assert.Equal(StepStatus.Succeeded, step.Status));
        Assert.Equal(deployment.Plan.Steps.Select(step => step.Name), deployment.Steps.Select(step => step.Name));
        Assert.Equal(("001", release.Id), await _application.StateAsync("staging"));
        Assert.Equal(release.Id, (await _application.Ledger("staging").GetCurrentReleaseAsync(CancellationToken.None))?.Id);
    }

    [Fact]
    public async Task The_ledger_gives_back_what_the_publish_gave()
    {
        Deployment written = await _application.PublishAsync("staging", await _application.ReleaseAsync(1));

        Deployment read = Assert.Single(await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None));

        Assert.Equal(
            (written.Id, written.Number, written.Kind, written.Status, written.Changed, written.RequestedBy, written.StartedAt, written.FinishedAt),
            (read.Id, read.Number, read.Kind, read.Status, read.Changed, read.RequestedBy, read.StartedAt, read.FinishedAt));
        Assert.Equal(written.Steps, read.Steps);
        Assert.Equal(written.Plan.Steps, read.Plan.Steps);
        Assert.Equal(written.Plan.Rollback, read.Plan.Rollback);
        Assert.Equal(written.Release!.Id, read.Release!.Id);
        Assert.Equal(written.Release.Migrations, read.Release.Migrations);
    }

    [Fact]
    public async Task Nothing_to_do_is_verified_and_leaves_the_ledger_as_it_was()
    {
        Release release = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", release);

        Deployment again = await _application.PublishAsync("staging", release);

        Assert.Equal(DeploymentStatus.Succeeded, again.Status);
        Assert.False(again.Changed);
        Assert.Null(again.Number);
        Assert.Equal(["lock", "preflight", "health"], again.Steps.Select(step => step.Name));
        Assert.Single(await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_release_that_is_not_healthy_is_rolled_back_web_and_schema_both()
    {
        Release good = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", good);
        Release bad = await _application.ReleaseAsync(2, page: "broken");

        Deployment deployment = await _application.PublishAsync("staging", bad);

        Assert.Equal(DeploymentStatus.RolledBack, deployment.Status);
        Assert.Contains("home is Failed", deployment.Reason, StringComparison.Ordinal);
        Assert.Contains($"Back at release {good}.", deployment.Reason, StringComparison.Ordinal);
        Assert.Equal(
            ["lock", "preflight", "migrate", "web", "health", "rollback web", "rollback migrations", "rollback verify", "record"],
            deployment.Steps.Select(step => step.Name));
        Assert.Equal(RollbackStrategy.DownScripts, deployment.Plan.Rollback.Strategy);
        Assert.Equal(("001", good.Id), await _application.StateAsync("staging"));
        Assert.Equal(good.Id, (await _application.Ledger("staging").GetCurrentReleaseAsync(CancellationToken.None))?.Id);
        Assert.DoesNotContain(await _application.Ledger("staging").GetEvidenceAsync(CancellationToken.None), fact => fact.ReleaseId == bad.Id);
        Assert.Contains("table public.t2 (2 rows)", Assert.Single(deployment.Events, each => each.Kind == LedgerEvent.Loss).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_lost_by_undoing_an_interrupted_release_is_planned_and_kept()
    {
        Release first = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", first);
        Release second = await _application.ReleaseAsync(2);
        await StopAtAsync(second, "web");

        Deployment back = await _application.PublishAsync("staging", first);

        Assert.Equal((DeploymentKind.Publish, DeploymentStatus.Succeeded), (back.Kind, back.Status));
        Assert.Equal(["table public.t2 (2 rows)"], back.Plan.DataLoss);
        Deployment recorded = (await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None))[^1];
        Assert.Contains("table public.t2 (2 rows)", Assert.Single(recorded.Events, each => each.Kind == LedgerEvent.Loss).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loss_that_the_plan_did_not_show_needs_another_plan()
    {
        Release first = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", first);
        DeploymentPlan shown = await _application.Planner.PlanPublishAsync(_application.Environment("staging"), first, false, CancellationToken.None);
        Release second = await _application.ReleaseAsync(2);
        await StopAtAsync(second, "web");

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => _application.Publisher().ExecuteAsync(shown, new(), NullProgressSink.Instance, CancellationToken.None));

        Assert.Equal(ErrorTable.PlanOutdated, e.Code);
        Assert.Contains("migration 002 would be undone first", e.Message, StringComparison.Ordinal);
        Assert.Equal("001 002", (await _application.StateAsync("staging")).History);
    }

    [Fact]
    public async Task A_first_release_that_is_not_healthy_leaves_the_history_as_it_was_and_nothing_served()
    {
        Deployment deployment = await _application.PublishAsync("staging", await _application.ReleaseAsync(1, page: "broken"));

        Assert.Equal(DeploymentStatus.RolledBack, deployment.Status);
        Assert.Contains("where it was before the first release", deployment.Reason, StringComparison.Ordinal);
        Assert.Equal(("", null), await _application.StateAsync("staging"));
    }

    [Fact]
    public async Task A_migration_that_fails_takes_back_the_ones_before_it()
    {
        Release good = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", good);
        _application.WriteVersion(2);
        _application.Write("migrations/003_bad.sql", "select 1/0;");
        _application.Write("migrations/down/003_bad.sql", "select 1;");

        Deployment deployment = await _application.PublishAsync("staging", await _application.ReleaseAsync());

        Assert.Equal(DeploymentStatus.RolledBack, deployment.Status);
        Assert.Contains("division by zero", deployment.Reason, StringComparison.Ordinal);
        Assert.Equal(("001", good.Id), await _application.StateAsync("staging"));
        Assert.Equal("Correct the file, make a new release with New-Release, and publish that: a release is never changed.", DeploymentRemedy.Of(deployment));
    }

    [Fact]
    public async Task A_deployment_whose_lock_is_lost_is_to_be_run_again()
    {
        Release release = await _application.ReleaseAsync(1);
        var sink = new ActingSink(each =>
        {
            if (each is DeploymentStepStarted { Step: "web" })
            {
                CutLock();
            }
        });

        Deployment deployment = await _application.PublishAsync("staging", release, sink: sink);

        Assert.Equal(DeploymentStatus.Interrupted, deployment.Status);
        Assert.Equal($"Run it again; it takes over from this one: Publish-Environment staging -Release {release}", DeploymentRemedy.Of(deployment));
        Assert.Equal(DeploymentStatus.Succeeded, (await _application.PublishAsync("staging", release)).Status);
    }

    [Fact]
    public async Task A_release_that_was_changed_is_not_even_planned()
    {
        Release release = await _application.ReleaseAsync(1);
        await File.AppendAllTextAsync(Path.Combine(release.WebFolder, "index.html"), "tampered");

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => PlanAsync(release));

        Assert.Equal(ErrorTable.ReleaseDamaged, refused.Code);
        Assert.Contains("'web/index.html' was changed", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_failure_before_the_first_change_changes_nothing()
    {
        Release release = await _application.ReleaseAsync(1);
        DeploymentPlan plan = await PlanAsync(release);
        await File.AppendAllTextAsync(Path.Combine(release.WebFolder, "index.html"), "tampered");
        DeploymentPlan answeredLate = plan with { VerifiedAt = plan.VerifiedAt - (2 * 60 * TimeProvider.System.TimestampFrequency) };

        Deployment deployment = await _application.Publisher().ExecuteAsync(
            answeredLate, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, _application.Sink, CancellationToken.None);

        Assert.Equal(DeploymentStatus.Failed, deployment.Status);
        Assert.False(deployment.Changed);
        Assert.Null(deployment.Lockout);
        Assert.Contains("'web/index.html' was changed. Nothing was changed.", deployment.Reason, StringComparison.Ordinal);
        Assert.Equal(("", null), await _application.StateAsync("staging"));
    }

    [Fact]
    public async Task Without_down_scripts_a_failure_locks_the_environment_until_a_repair_is_rolled_forward()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        Release bad = await _application.ReleaseAsync(2, page: "broken", hasDownScript: false);

        Deployment failed = await _application.PublishAsync("staging", bad);

        Assert.Equal(RollbackStrategy.None, failed.Plan.Rollback.Strategy);
        Assert.Equal(DeploymentStatus.Failed, failed.Status);
        Assert.Contains("-RollForward", failed.Lockout, StringComparison.Ordinal);
        Release repair = await _application.ReleaseAsync(3);
        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync("staging", repair));
        Assert.Equal(ErrorTable.GateRefused, refused.Code);
        Assert.Equal(failed.Lockout, refused.Remedy);

        Deployment repaired = await _application.PublishAsync("staging", repair, new DeploymentOptions { RollForward = true });

        Assert.Equal(DeploymentStatus.Succeeded, repaired.Status);
        Assert.Equal(("001 002 003", repair.Id), await _application.StateAsync("staging"));
        Assert.Equal(DeploymentStatus.Succeeded, (await _application.PublishAsync("staging", repair)).Status);
    }

    [Fact]
    public async Task A_rollback_that_fails_leaves_the_environment_locked_with_instructions()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        _application.WriteVersion(2, page: "broken");
        _application.Write("migrations/down/002_add_t2.sql", "select 1/0;");

        Deployment failed = await _application.PublishAsync("staging", await _application.ReleaseAsync());

        Assert.Equal(DeploymentStatus.Failed, failed.Status);
        Assert.Contains("home is Failed", failed.Reason, StringComparison.Ordinal);
        Assert.Contains("Going back failed too, at step 'rollback migrations'", failed.Reason, StringComparison.Ordinal);
        Assert.Contains("is locked against publishing", failed.Lockout, StringComparison.Ordinal);
        Assert.Equal(failed.Lockout, (await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None))[^1].Lockout);
    }

    [Fact]
    public async Task Evidence_of_another_stage_that_came_with_its_data_opens_no_gate()
    {
        Release release = await _application.ReleaseAsync(1);
        var foreign = new Ledger(_application.Environment("production"), _application.Database("staging").Application);
        await foreign.RecordEvidenceAsync(Evidence.Healthy, release, true, "healthy in production", DateTimeOffset.UnixEpoch, CancellationToken.None);

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync("production", release));

        Assert.Equal(ErrorTable.GateRefused, refused.Code);
        Assert.Contains("[missing] healthy on staging", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Production_takes_only_what_was_healthy_on_staging()
    {
        Release release = await _application.ReleaseAsync(1);

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync("production", release));

        Assert.Equal(ErrorTable.GateRefused, refused.Code);
        Assert.Contains("[passed] not locked", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"[missing] healthy on staging: Release {release} has no evidence 'healthy' there.", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"Publish-Environment staging -Release {release}", refused.Remedy, StringComparison.Ordinal);
        Assert.EndsWith(refused.Remedy!, refused.Message, StringComparison.Ordinal);
        Assert.Equal(("", null), await _application.StateAsync("production"));
        Assert.Empty(await _application.Ledger("production").GetDeploymentsAsync(CancellationToken.None));

        await _application.PublishAsync("staging", release);
        Assert.Equal(DeploymentStatus.Succeeded, (await _application.PublishAsync("production", release)).Status);
    }

    [Fact]
    public async Task A_publish_that_is_stopped_says_so_and_the_next_one_takes_over()
    {
        Release release = await _application.ReleaseAsync(1);
        await StopAtAsync(release, "web");
        Deployment stopped = Assert.Single(await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None));
        Assert.Equal((DeploymentStatus.Interrupted, "Stopped at step 'web'."), (stopped.Status, stopped.Reason));

        Deployment next = await _application.PublishAsync("staging", release);

        Assert.Equal(DeploymentStatus.Succeeded, next.Status);
        Assert.Equal(("001", release.Id), await _application.StateAsync("staging"));
    }

    [Fact]
    public async Task A_second_publisher_is_told_who_holds_the_lock_or_waits_for_it()
    {
        Release release = await _application.ReleaseAsync(1);
        Task<Deployment>? waiting = null;
        DeployException? refused = null;
        var sink = new ActingSink(deployEvent =>
        {
            if (deployEvent is DeploymentStepStarted { Step: "preflight" })
            {
                refused = Assert.Throws<DeployException>(() => _application.PublishAsync("staging", release).GetAwaiter().GetResult());
                waiting = _application.PublishAsync("staging", release, new DeploymentOptions { LockWait = TimeSpan.FromMinutes(1) });
            }
        });

        Deployment first = await _application.PublishAsync("staging", release, sink: sink);
        Deployment second = await waiting!;

        Assert.Equal(ErrorTable.DeploymentLockHeld, refused!.Code);
        Assert.Contains($"Publish {release} to staging", refused.Message, StringComparison.Ordinal);
        Assert.True(first.Changed);
        Assert.Equal(DeploymentStatus.Succeeded, second.Status);
        Assert.False(second.Changed);
        Assert.Single(await _application.Ledger("staging").GetDeploymentsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_database_with_migrations_the_release_does_not_have_is_refused()
    {
        Release old = await _application.ReleaseAsync(1);
        await _application.PublishAsync("staging", old);
        await _application.PublishAsync("staging", await _application.ReleaseAsync(2));

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync("staging", old));

        Assert.Equal(ErrorTable.HistoryInconsistent, refused.Code);
        Assert.Contains("holds migration 002", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"Restore-Deployment staging -Release {old}", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_applied_migration_whose_file_was_edited_is_refused()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
        _application.Write("migrations/001_add_t1.sql", "create table public.other ();");
        Release edited = await _application.ReleaseAsync();

        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => _application.PublishAsync("staging", edited));

        Assert.Equal(ErrorTable.HistoryInconsistent, refused.Code);
        Assert.Contains("the file of migration 001 is not the one that was applied", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A publish to staging that is stopped when a step begins.</summary>
    private async Task StopAtAsync(Release release, string step)
    {
        using var stop = new CancellationTokenSource();
        var sink = new ActingSink(each =>
        {
            if (each is DeploymentStepStarted { Step: var begun } && begun == step)
            {
                stop.Cancel();
            }
        });
        DeploymentPlan plan = await PlanAsync(release);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _application.Publisher().ExecuteAsync(plan, new(), sink, stop.Token));
    }

    private Task<DeploymentPlan> PlanAsync(Release release) =>
        _application.Planner.PlanPublishAsync(_application.Environment("staging"), release, false, CancellationToken.None);

    private void CutLock()
    {
        TestDatabase database = _application.Database("staging");
        using NpgsqlConnection connection = (database.Administration with { Database = "_supabase_deploy" }).OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
        using var cut = new NpgsqlCommand("select pg_terminate_backend(backend_pid, 10000) from supabase_deploy.lock_owner where database = $1", connection);
        cut.Parameters.Add(new NpgsqlParameter { Value = database.Application.Database });
        Assert.Equal(true, cut.ExecuteScalar());
    }
}
