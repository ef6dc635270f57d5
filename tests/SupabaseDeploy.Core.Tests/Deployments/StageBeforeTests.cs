using SupabaseDeploy.Deployments;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class StageBeforeTests
{
    [Theory]
    [InlineData(17, 15, "This is PostgreSQL 15, and 'staging' is 17: migrations may use what this server does not have", "Upgrade this server first")]
    [InlineData(15, 17, "This is PostgreSQL 17, and 'staging' is 15: the release was not proven on this version", "Upgrade 'staging' first")]
    public void Another_version_than_that_of_the_stage_before_is_a_warning(int there, int here, string message, string remedy)
    {
        PlaceFact fact = StageBefore.Compare("staging", there, here)!;
        Assert.Equal(PlaceVerdict.Doubtful, fact.Verdict);
        Assert.StartsWith(message, fact.Message, StringComparison.Ordinal);
        Assert.StartsWith(remedy, fact.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_version_says_nothing() => Assert.Null(StageBefore.Compare("staging", 15, 15));

    [Fact]
    public async Task The_real_server_of_the_stage_before_is_asked_and_one_that_does_not_answer_is_left_to_its_gate()
    {
        await using PublishedApplication application = await PublishedApplication.CreateAsync();
        Release release = await application.ReleaseAsync(1);
        await application.PublishAsync("staging", release);
        var before = new StageBefore(application.Targets);

        PlaceFact? differs = await before.InspectAsync(application.Environment("production"), major: 99, CancellationToken.None);
        Assert.Matches("^This is PostgreSQL 99, and 'staging' is \\d+: ", differs!.Message);
        Assert.Null(await before.InspectAsync(application.Environment("staging"), major: 99, CancellationToken.None));
        Assert.Null(await before.InspectAsync(application.Environment("production") with { PromoteFrom = "nothing" }, major: 99, CancellationToken.None));
        Assert.Equal(DeploymentStatus.Succeeded, (await application.PublishAsync("production", release)).Status);
    }
}
