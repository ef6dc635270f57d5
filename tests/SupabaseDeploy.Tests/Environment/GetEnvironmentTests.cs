using System.Management.Automation;

namespace SupabaseDeploy.Tests.EnvironmentCommands;

public sealed class GetEnvironmentTests : IDisposable
{
    private readonly EnvironmentProject _project = new();

    public void Dispose() => _project.Dispose();

    [Fact]
    public void One_environment_that_cannot_be_resolved_hides_no_other()
    {
        SessionResult result = _project.Session.Run("Get-Environment | ForEach-Object Name");

        Assert.Equal(["local", "production"], Text(result));
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Null(result.Thrown);
        Assert.StartsWith("UnresolvedReference,", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.StartsWith("env/pipeline.yml:7: stages[1].database: '${secret:SDTEST_NOT_SET}' has no value", error.Exception.Message);
        Assert.StartsWith("Set what is named", error.ErrorDetails.RecommendedAction);
    }

    [Theory]
    [InlineData("Get-Environment production, local", "local", "production")]
    [InlineData("[string[]]$names = 'production', 'local'; Get-Environment $names", "local", "production")]
    [InlineData("Get-Environment ([Collections.Generic.List[string]]@('local'))", "local")]
    [InlineData("Get-Environment (Get-Environment local), production", "local", "production")]
    [InlineData("Get-Environment [l-p]*", "local", "production")]
    [InlineData("'production', 'local' | Get-Environment", "production", "local")]
    [InlineData("Get-Environment local | Get-Environment", "local")]
    [InlineData("Get-Environment x*")]
    [InlineData("Get-Environment local -Project .", "local")]
    public void Names_wildcards_and_objects_give_environments(string call, params string[] expected)
    {
        SessionResult result = _project.Session.Run($"{call} | ForEach-Object Name");
        Assert.Null(result.Error);
        Assert.Equal(expected, Text(result));
    }

    [Fact]
    public void A_name_that_is_none_is_one_error_and_hides_no_other()
    {
        SessionResult result = _project.Session.Run("Get-Environment local, productoin | ForEach-Object Name");
        Assert.Equal(["local"], Text(result));
        Assert.EndsWith("Did you mean 'production'?", Assert.Single(result.Errors).Exception.Message);
    }

    [Fact]
    public void The_project_is_found_from_a_folder_inside_it()
    {
        _project.Write("lib/src/main.dart", "");
        using var session = new ModuleSession(Path.Combine(_project.Path, "lib", "src"));
        Assert.Equal(["local"], Text(session.Run("Get-Environment local | ForEach-Object Name")));
    }

    [Fact]
    public void A_bad_file_is_an_error_with_everything_that_is_wrong()
    {
        _project.Write("env/pipeline.yml", "application: a b\nstages:\n  - name: local\n    target: locla\n");
        SessionResult result = _project.Session.Run("Get-Environment");
        Assert.StartsWith("InvalidConfiguration,", result.Error!.FullyQualifiedErrorId);
        Assert.Contains("env/pipeline.yml:1: application:", result.Error.Exception.Message);
        Assert.Contains("env/pipeline.yml:4: stages[0].target:", result.Error.Exception.Message);
    }

    [Fact]
    public void The_table_shows_where_an_environment_lives_and_what_guards_it()
    {
        string table = _project.Session.Show("Get-Environment local, production");
        Assert.Matches(@"Name +Target +PromoteFrom +Database +Gates", table);
        Assert.Matches(@"production +local +local +own cluster +healthy", table);
    }

    [Theory]
    [InlineData("Get-Environment ", new[] { "local", "staging", "production" })]
    [InlineData("Get-Environment s", new[] { "staging" })]
    [InlineData("Get-Environment 'P", new[] { "production" })]
    [InlineData("Get-Environment local, pr", new[] { "production" })]
    [InlineData("Test-Environment -Name st", new[] { "staging" })]
    public void Names_complete(string line, string[] expected) => Assert.Equal(expected, Completions(line));

    [Fact]
    public void Completion_uses_the_project_that_was_given_and_says_nothing_about_a_bad_file()
    {
        Assert.Equal(["local"], Completions($"Get-Environment -Project '{_project.Path}' lo"));
        _project.Write("env/pipeline.yml", "nonsense");
        Assert.Empty(Completions("Get-Environment loc"));
    }

    private string[] Completions(string line)
    {
        using PowerShell shell = PowerShell.Create(_project.Session.Runspace);
        return
        [
            .. CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches
                .Where(match => match.ResultType == CompletionResultType.ParameterValue)
                .Select(match => match.CompletionText),
        ];
    }

    private static string[] Text(SessionResult result) => [.. result.Output.Select(value => value.ToString())];
}
