using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class RollbackWaysTests : IAsyncLifetime
{
    private static readonly RollbackWay s_backup = new(RollbackStrategy.Backup, "A backup.", "3 rows of the last hour.", null) { BackupId = "20261123-120000-0a1b" };

    private PublishedApplication _application = null!;
    private Release _first = null!;

    public async ValueTask InitializeAsync() => (_application, _first) = await PublishedApplication.CreateWithFirstAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task Where_no_migration_was_applied_since_only_the_code_goes_back()
    {
        _application.Write("build/web/index.html", "<h1>another page, ready</h1>");
        await _application.PublishAsync("staging", await _application.ReleaseAsync());

        DeploymentPlan plan = await PlanAsync(DownOutcome.Differs);

        Assert.Equal(RollbackStrategy.CodeOnly, Assert.Single(plan.Ways).Strategy);
        Assert.Empty(plan.DataLoss);
    }

    [Fact]
    public async Task A_proven_down_script_goes_before_a_backup_and_says_what_it_loses_and_since_when()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(2));

        DeploymentPlan plan = await PlanAsync(DownOutcome.Proven);

        Assert.Equal([false, true, true], plan.Ways.Select(way => way.IsPossible));
        Assert.Equal(RollbackStrategy.DownScripts, plan.Way!.Strategy);
        Assert.Matches(@"^table public\.t2 \(2 rows\), written since \d{4}-.*Z\.$", plan.Way.Loss);
    }

    [Fact]
    public async Task A_down_script_that_does_not_bring_back_what_was_there_is_no_way()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(2));

        DeploymentPlan plan = await PlanAsync(DownOutcome.Differs);

        Assert.Contains("is not what it was", plan.Ways[1].WhyNot, StringComparison.Ordinal);
        Assert.Equal(s_backup, plan.Way);
        Assert.Equal(["lock", "restore", "web", "health", "record"], plan.Steps.Select(step => step.Name));
        Assert.Equal([s_backup.Loss], plan.DataLoss);
    }

    [Fact]
    public async Task Where_no_way_leads_there_all_of_them_are_named_with_the_reason()
    {
        await _application.PublishAsync("staging", await _application.ReleaseAsync(2, hasDownScript: false));

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => _application.Planner.PlanRollbackAsync(_application.Environment("staging"), _first, CancellationToken.None));

        Assert.Equal(ErrorTable.DownScriptsMissing, e.Code);
        Assert.Contains("CodeOnly: not possible: migration 002 was applied since.", e.Message, StringComparison.Ordinal);
        Assert.Contains("no stored release has the down script of migration 002", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_release_has_every_version_only_those_with_another_content_were_applied_since()
    {
        Release second = await _application.ReleaseAsync(2);
        await _application.PublishAsync("staging", second);
        await _application.RollBackAsync("staging");
        _application.Write("migrations/002_add_t2.sql", "create table t2 (id int, other text);");
        File.Delete(Path.Combine(_application.Project.MigrationsFolder, "down", "002_add_t2.sql"));
        await _application.PublishAsync("staging", await _application.ReleaseAsync());

        DeployException e = await Assert.ThrowsAsync<DeployException>(() => _application.Planner.PlanRollbackAsync(_application.Environment("staging"), second, CancellationToken.None));

        Assert.Contains("CodeOnly: not possible: migration 002 was applied since.", e.Message, StringComparison.Ordinal);
    }

    private Task<DeploymentPlan> PlanAsync(DownOutcome outcome)
    {
        var means = new RollbackMeans
        {
            Prove = (_, versions, _) => Task.FromResult<IReadOnlyList<DownProof>>(
            [
                .. versions.Select(version => new DownProof
                {
                    Version = version, Name = "", Outcome = outcome, Key = "", Message = "The catalog is not what it was.", ProvenAt = DateTimeOffset.UnixEpoch,
                })
            ]),
            FindBackup = (_, _, _) => Task.FromResult(s_backup),
        };
        return new DeploymentPlanner(_application.Targets, means: means).PlanRollbackAsync(_application.Environment("staging"), _first, CancellationToken.None);
    }
}
