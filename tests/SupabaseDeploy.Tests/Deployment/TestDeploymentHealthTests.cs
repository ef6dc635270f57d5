using System.Management.Automation;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Tests.Deployment;

public sealed class TestDeploymentHealthTests : IDisposable
{
    private const string ThreeStages = """
        application: courses
        stages:
          - name: local
            target: local
          - name: staging
            target: local
          - name: production
            target: local
        """;

    private readonly TemporaryFolder _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public async Task A_database_by_its_url_gives_one_object_a_check()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        using var session = new ModuleSession(_project.Path);

        SessionResult result = session.Run($"Test-DeploymentHealth -DatabaseUrl '{database.Application.ToUrl()}'");

        Assert.Null(result.Error);
        Assert.Equal(["database", "writes", "migrations", "schema", "connections", "transactions"], result.Output.Select(check => Text(check, "Check")));
        Assert.All(result.Output, check => Assert.Equal("Healthy", Text(check, "Status")));
        Assert.All(result.Output, check => Assert.Equal("Healthy", Text(check, "Overall")));
    }

    [Fact]
    public async Task Pending_files_of_the_folder_are_degraded_and_FailOn_names_them_after_all_objects_are_written()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        _project.Write("supabase/migrations/001_first.sql", "select 1");
        using var session = new ModuleSession(_project.Path);

        SessionResult result = session.Run($"Test-DeploymentHealth -DatabaseUrl '{database.Application.ToUrl()}' -Path ./supabase/migrations -FailOn Degraded");

        Assert.Equal(6, result.Output.Count);
        Assert.Equal("Degraded", Text(result.Output[2], "Status"));
        Assert.StartsWith("RequirementNotMet,", result.Error?.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith($"1 check is 'Degraded' or worse: {database.Application.Database} migrations Degraded: 1 migration is pending of folder", result.Error?.Exception.Message, StringComparison.Ordinal);
        Assert.IsAssignableFrom<ActionPreferenceStopException>(result.Thrown);
    }

    [Fact]
    public async Task FailOn_Failed_lets_degraded_pass()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        _project.Write("migrations/001_first.sql", "select 1");
        using var session = new ModuleSession(_project.Path);

        SessionResult result = session.Run($"Test-DeploymentHealth -DatabaseUrl '{database.Application.ToUrl()}' -Wait 1h -FailOn Failed");

        Assert.Null(result.Error);
        Assert.Equal("Degraded", Text(result.Output[0], "Overall"));
    }

    [Fact]
    public void Wildcards_give_every_environment_in_promotion_order_with_its_checks_together()
    {
        _project.Write("env/pipeline.yml", ThreeStages);
        using var session = new ModuleSession(_project.Path);

        SessionResult result = session.Run("Test-DeploymentHealth * | ForEach-Object { $_.Environment.Name }");

        Assert.Null(result.Error);
        Assert.Equal(["local", "staging", "production"], result.Output.Select(name => name.ToString()).Distinct());
        Assert.Equal(3, result.Output.Select(name => name.ToString()).Zip(result.Output.Skip(1).Append(null), (name, next) => name != next?.ToString()).Count(isLast => isLast));
    }

    [Fact]
    public void Environments_come_through_the_pipeline_and_FailOn_names_the_checks_of_all()
    {
        _project.Write("env/pipeline.yml", ThreeStages);
        using var session = new ModuleSession(_project.Path);

        SessionResult result = session.Run("Get-Environment staging, production | Test-DeploymentHealth -FailOn Failed");

        Assert.Contains(" staging database Failed: ", result.Error?.Exception.Message, StringComparison.Ordinal);
        Assert.Contains(" production database Failed: ", result.Error?.Exception.Message, StringComparison.Ordinal);
        Assert.NotNull(result.Error?.ErrorDetails?.RecommendedAction);
        Assert.Equal(2, result.Output.Select(check => check.Properties["Environment"].Value.ToString()).Distinct().Count());
    }

    [Fact]
    public void Checks_go_back_into_the_command_as_the_environment_they_belong_to()
    {
        _project.Write("env/pipeline.yml", ThreeStages);
        using var session = new ModuleSession(_project.Path);

        SessionResult result = session.Run("$first = @(Test-DeploymentHealth staging)[0]; ($first | Test-DeploymentHealth).ForEach{ $_.Environment.Name }");

        Assert.Null(result.Error);
        Assert.All(result.Output, name => Assert.Equal("staging", name.ToString()));
    }

    [Theory]
    [InlineData("-Wait 30", "the unit is missing")]
    [InlineData("-Timeout 5", "the unit is missing")]
    [InlineData("-FailOn Healthy", "Healthy")]
    [InlineData("-Release abc", "No release 'abc'")]
    [InlineData("-Release abc -Record", "-Record is about the release that runs")]
    public void What_makes_no_sense_is_refused(string arguments, string reason)
    {
        _project.Write("env/pipeline.yml", ThreeStages);
        using var session = new ModuleSession(_project.Path);

        SessionResult result = session.Run($"Test-DeploymentHealth local {arguments}");

        Assert.Empty(result.Output);
        Assert.Contains(reason, result.Error?.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_table_shows_the_environment_its_overall_status_and_each_check()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        using var session = new ModuleSession(_project.Path);

        string table = session.Show($"Test-DeploymentHealth -DatabaseUrl '{database.Application.ToUrl()}'");

        Assert.Contains($"Environment: {database.Application.Database} (Healthy)", table, StringComparison.Ordinal);
        Assert.Matches("(?m)^Check +Status +Latency Message *$", table);
        Assert.Matches("(?m)^writes +Healthy +[0-9]+ ms A row could be written", table);
    }

    private static string Text(PSObject check, string property) => check.Properties[property].Value.ToString()!;
}
