using System.Management.Automation;

namespace SupabaseDeploy.Tests.EnvironmentCommands;

public sealed class TestEnvironmentTests : IDisposable
{
    private readonly EnvironmentProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public void Every_environment_has_an_object_good_or_bad()
    {
        SessionResult result = _project.Session.Run("Test-Environment");

        Assert.Null(result.Error);
        Assert.Equal(
            [
                "Warning staging env/pipeline.yml:6 stages[1].target",
                "Ok local env/pipeline.yml:0 ",
                "Error staging env/pipeline.yml:7 stages[1].database",
                "Ok production env/pipeline.yml:0 ",
            ],
            result.Output.Select(Row));
    }

    [Fact]
    public void Only_what_concerns_the_named_environments_is_written()
    {
        Assert.Equal(["Ok local env/pipeline.yml:0 "], _project.Session.Run("Test-Environment local").Output.Select(Row));
        Assert.Equal(
            ["Ok local env/pipeline.yml:0 ", "Ok production env/pipeline.yml:0 "],
            _project.Session.Run("Get-Environment local, production | Test-Environment").Output.Select(Row));
    }

    [Fact]
    public void An_error_anywhere_makes_every_environment_unusable()
    {
        _project.Write("env/production.json", "{\n  \"SMTP_PASSWORD\": \"hunter2\"\n}");
        PSObject only = Assert.Single(_project.Session.Run("Test-Environment local").Output);
        Assert.Equal("Error production env/production.json:2 SMTP_PASSWORD", Row(only));
        Assert.DoesNotContain("hunter2", only.Properties["Message"].Value.ToString());
    }

    [Theory]
    [InlineData("Test-Environment local -FailOn Warning", null)]
    [InlineData("Test-Environment staging -FailOn Error", "has 1 finding of severity 'Error' or worse")]
    [InlineData("Test-Environment staging -FailOn Warning", "has 2 findings of severity 'Warning' or worse")]
    public void FailOn_stops_the_script_after_everything_was_written(string call, string? message)
    {
        SessionResult result = _project.Session.Run($"{call}; 'went on'");

        Assert.Equal(message is null, result.Output.Any(value => value.BaseObject is "went on"));
        Assert.NotEmpty(result.Output);
        if (message is not null)
        {
            Assert.Contains(message, result.Error!.Exception.Message);
            Assert.StartsWith("RequirementNotMet,", result.Error.FullyQualifiedErrorId);
        }
    }

    [Fact]
    public void A_missing_file_is_a_finding_too()
    {
        File.Delete(Path.Combine(_project.Path, "env", "pipeline.yml"));
        SessionResult result = _project.Session.Run("Test-Environment");
        Assert.Equal("Error  env/pipeline.yml:0 ", Row(Assert.Single(result.Output)));
    }

    [Fact]
    public void A_probe_of_a_web_root_that_serves_nothing_is_warned_of()
    {
        _project.Write("env/pipeline.yml", """
            application: courses
            health: { endpoints: [{ name: home, url: / }] }
            stages:
              - name: local
                target: local
            """);
        PSObject warning = _project.Session.Run("Test-Environment").Output[0];
        Assert.Equal("Warning  env/pipeline.yml:2 health.endpoints[0].url", Row(warning));
        Assert.Contains("expected 'web.bundle'", $"{warning.Properties["Message"].Value}", StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_shows_where_and_what()
    {
        string table = _project.Session.Show("Test-Environment staging");
        Assert.Matches("Severity +Environment +File +Path +Message", table);
        Assert.Matches(@"Error +staging +env/pipeline\.yml:7 +stages\[1\]\.database +'\$\{secret:SDTEST_NOT_SET\}' has no value", table);
    }

    private static string Row(PSObject test) =>
        $"{test.Properties["Severity"].Value} {test.Properties["Environment"].Value} {test.Properties["File"].Value}:{test.Properties["Line"].Value} {test.Properties["Path"].Value}";
}
