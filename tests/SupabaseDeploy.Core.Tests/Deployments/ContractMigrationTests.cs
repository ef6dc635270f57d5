using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
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
        await _application.Database("staging").ExecuteAsync("drop view public.used");

        Deployment again = await _application.PublishAsync("staging", release);

        Assert.Null(again.Failure);
        Assert.Equal(("001 002 003", release.Id), await _application.StateAsync("staging"));
    }

    [Fact]
    public async Task Without_the_setting_they_are_applied_with_the_others()
    {
        _application.Change = environment => environment;

        Deployment deployment = await _application.PublishAsync("staging", await MakeAsync("drop table public.t1;"));

        Assert.Equal(["lock", "preflight", "migrate", "web", "health", "record"], deployment.Steps.Select(step => step.Name));
        Assert.Equal(["002", "003"], deployment.Plan.Apply);
    }

    private async Task<Release> MakeAsync(string contract, string page = "ready")
    {
        _application.Write("migrations/002_contract.sql", $"-- supabase-deploy: contract\n{contract}\n");
        return await _application.ReleaseAsync(3, page);
    }
}
