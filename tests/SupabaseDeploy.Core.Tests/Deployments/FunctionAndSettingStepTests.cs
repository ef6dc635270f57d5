using SupabaseDeploy.Deployments;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class FunctionAndSettingStepTests : IAsyncLifetime
{
    private PublishedApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await PublishedApplication.CreateAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task Only_what_changed_is_brought_and_functions_no_release_brought_are_left_alone()
    {
        string folder = _application.Project.EnvironmentFolder("staging");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "functions.json"), """{"foreign":"f"}""");

        Deployment first = await _application.PublishAsync("staging", await MakeAsync(1));
        Deployment second = await _application.PublishAsync("staging", await MakeAsync(2));
        File.Delete(_application.Write("supabase/functions/steady/index.ts", ""));
        Deployment third = await _application.PublishAsync("staging", await _application.ReleaseAsync(3));

        Assert.Equal(["lock", "preflight", "migrate", "functions", "configuration", "web", "health", "record"], first.Steps.Select(step => step.Name));
        Assert.Equal((2, 0), (first.Plan.Functions!.Deploy.Count, first.Plan.Functions.Remove.Count));
        Assert.Equal("hello", Assert.Single(second.Plan.Functions!.Deploy));
        Assert.Equal(["auth.enable_signup: false → true", "auth.jwt_expiry: 3601 → 3602"], second.Plan.Configuration.Select(change => change.ToString()));
        Assert.Equal("steady", Assert.Single(third.Plan.Functions!.Remove));
        Assert.Equal(DeploymentStatus.Succeeded, third.Status);
        Assert.Contains("\"foreign\":\"f\"", await _application.WholeStateAsync("staging"), StringComparison.Ordinal);
        Assert.DoesNotContain("steady", await _application.WholeStateAsync("staging"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_that_is_not_healthy_takes_its_functions_and_settings_back()
    {
        await _application.PublishAsync("staging", await MakeAsync(1));
        string before = await _application.WholeStateAsync("staging");

        Deployment deployment = await _application.PublishAsync("staging", await MakeAsync(2, page: "broken"));

        Assert.Equal(DeploymentStatus.RolledBack, deployment.Status);
        Assert.Equal(
            ["rollback web", "rollback configuration", "rollback functions", "rollback migrations", "rollback verify", "record"],
            deployment.Steps.Select(step => step.Name).Skip(7));
        Assert.Equal(before, await _application.WholeStateAsync("staging"));
    }

    [Fact]
    public async Task Going_back_to_an_older_release_brings_its_functions_and_settings()
    {
        Release first = await MakeAsync(1);
        await _application.PublishAsync("staging", first);
        string then = await _application.WholeStateAsync("staging");
        await _application.PublishAsync("staging", await MakeAsync(2));

        Deployment back = await _application.RollBackAsync("staging");

        Assert.Equal((DeploymentStatus.Succeeded, first.Id), (back.Status, back.Release!.Id));
        Assert.Equal(then, await _application.WholeStateAsync("staging"));
        Assert.Equal(LedgerEvent.Loss, Assert.Single(back.Events, each => each.Kind == LedgerEvent.Loss).Kind);
    }

    [Fact]
    public async Task A_plan_says_how_long_its_steps_took_before()
    {
        await _application.PublishAsync("staging", await MakeAsync(1));

        DeploymentPlan plan = await _application.Planner.PlanPublishAsync(_application.Environment("staging"), await MakeAsync(2), rollForward: false, CancellationToken.None);

        Assert.All(plan.Steps, step => Assert.True(step.Expected is not null, step.Name));
        Assert.NotNull(plan.Expected);
    }

    private Task<Release> MakeAsync(int version, string page = "ready")
    {
        _application.WriteFunctions(version);
        return _application.ReleaseAsync(version, page);
    }
}
