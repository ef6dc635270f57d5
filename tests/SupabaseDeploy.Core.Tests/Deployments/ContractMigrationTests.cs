using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class ContractMigrationTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync()
    {
        _application = await PublishedApplication.CreateAsync();
        _application.Change = environment => environment with { Migrations = environment.Migrations with { Contract = ContractMigrations.AfterHealth } };
        await _application.PublishAsync("staging", await _application.ReleaseAsync(1));
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task What_the_release_before_still_used_goes_once_the_new_one_is_healthy_and_recorded()
    {
        Release release = await MakeAsync("drop table public.t1;");

        Deployment deployment = await _application.PublishAsync("staging", release);

        Assert.Equal((DeploymentStatus.Succeeded, null), (deployment.Status, deployment.Failure));
        Assert.Equal(["lock", "preflight", "migrate", "web", "health", "record", "contract"], deployment.Steps.Select(step => step.Name));
        Assert.Equal(["003"], deployment.Plan.Apply);
        Assert.Equal(["002"], deployment.Plan.Contract);
        Assert.Equal(("001 002 003", release.Id), await _application.StateAsync("staging"));
        Assert.False((await _application.PublishAsync("staging", release)).Changed);
    }

    [Fact]
    public async Task A_release_that_is_not_healthy_takes_nothing_away()
    {
        Deployment deployment = await _application.PublishAsync("staging", await MakeAsync("drop table public.t1;", page: "broken"));

        Assert.Equal(DeploymentStatus.RolledBack, deployment.Status);
        Assert.Equal(2, await _application.Database("staging").ScalarAsync<long>("select count(*) from public.t1"));
    }

    [Fact]
    public async Task A_contracting_migration_that_fails_leaves_the_release_as_it_runs_and_the_next_publish_applies_it()
    {
        Release release = await MakeAsync("drop table public.t1;");
        await _application.Database("staging").ExecuteAsync("create view public.used as select * from public.t1");

        Deployment deployment = await _application.PublishAsync("staging", release);

        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Assert.Equal(ErrorTable.ContractFailed, Assert.IsType<DeployException>(deployment.Failure).Code);
        Assert.Equal(("contract", StepStatus.Failed), (deployment.Steps[^1].Name, deployment.Steps[^1].Status));
        Assert.Equal(("001 003", release.Id), await _application.StateAsync("staging"));
        Gate promotion = await PromotionAsync(release);
        Assert.False(promotion.IsPassed);
        Assert.EndsWith("speaks against it: Applying migration 002 has begun.", promotion.Message, StringComparison.Ordinal);
        await _application.Database("staging").ExecuteAsync("drop view public.used");

        Deployment again = await _application.PublishAsync("staging", release);

        Assert.Null(again.Failure);
        Assert.Equal(("001 002 003", release.Id), await _application.StateAsync("staging"));
        Assert.True((await PromotionAsync(release)).IsPassed);
    }

    [Fact]
    public async Task What_is_not_healthy_without_what_was_taken_away_goes_no_further()
    {
        Release release = await MakeAsync("drop table public.t1;");
        var target = (FolderTarget)_application.Targets.For(_application.Environment("staging"));
        var sink = new ActingSink(each => target.Fault = each is DeploymentStepStarted { Step: "contract" } ? () => throw new InvalidOperationException("500") : target.Fault);

        Deployment deployment = await _application.PublishAsync("staging", release, sink: sink);

        target.Fault = null;
        Assert.Equal(DeploymentStatus.Succeeded, deployment.Status);
        Assert.Equal(ErrorTable.ContractFailed, Assert.IsType<DeployException>(deployment.Failure).Code);
        Gate promotion = await PromotionAsync(release);
        Assert.Equal((false, "Measure it there: Test-DeploymentHealth staging -Record"), (promotion.IsPassed, promotion.Remedy));
    }

    [Fact]
    public async Task A_step_that_was_begun_by_a_process_that_has_ended_is_ended_by_the_next_deployment()
    {
        Deployment deployment = await _application.PublishAsync("staging", await MakeAsync("drop table public.t1;"));
        Ledger ledger = _application.Ledger("staging");
        await ledger.WriteStepAsync(deployment, deployment.Steps.Count, deployment.Steps[^1] with { Status = StepStatus.Running }, CancellationToken.None);

        await _application.PublishAsync("staging", await _application.ReleaseAsync(4));

        DeploymentStep left = (await ledger.GetDeploymentsAsync(CancellationToken.None))[^2].Steps[^1];
        Assert.Equal((StepName.Contract, StepStatus.Failed, "The process ended."), (left.Name, left.Status, left.Message));
    }

    [Fact]
    public async Task Without_the_setting_they_are_applied_with_the_others()
    {
        _application.Change = environment => environment;

        Deployment deployment = await _application.PublishAsync("staging", await MakeAsync("drop table public.t1;"));

        Assert.Equal(["lock", "preflight", "migrate", "web", "health", "record"], deployment.Steps.Select(step => step.Name));
        Assert.Equal(["002", "003"], deployment.Plan.Apply);
    }

    private async Task<Gate> PromotionAsync(Release release) =>
        (await _application.Planner.PlanPublishAsync(_application.Environment("production"), release, rollForward: false, CancellationToken.None))
            .Gates.Single(gate => gate.Kind == GateKind.Promotion);

    private async Task<Release> MakeAsync(string contract, string page = "ready")
    {
        _application.Write("migrations/002_contract.sql", $"-- supabase-deploy: contract\n{contract}\n");
        return await _application.ReleaseAsync(3, page);
    }
}
