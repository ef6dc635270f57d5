using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

/// <summary>What a failure looks like in a workflow of GitHub Actions.</summary>
public sealed class WorkflowAnnotationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task In_a_workflow_a_failure_is_an_annotation_and_a_paragraph_of_the_summary()
    {
        string summary = Path.Combine(_folder.Path, "summary.md");

        EngineResult result = await RunAsync("GITHUB_ACTIONS=true", $"GITHUB_STEP_SUMMARY={summary}");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("::error title=Invoke-Migration failed::The database URL cannot be used: it names no user.%0AGive a URL like", result.Output, StringComparison.Ordinal);
        Assert.StartsWith("### ❌ Invoke-Migration failed\n\n```text\nThe database URL cannot be used: it names no user.\nGive", await File.ReadAllTextAsync(summary), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Elsewhere_it_is_an_error_and_nothing_more()
    {
        EngineResult result = await RunAsync();

        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("it names no user", result.Errors.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private Task<EngineResult> RunAsync(params IEnumerable<string> variables)
    {
        string script = _folder.Write("run.ps1", $"Import-Module '{Repository.ModuleManifest}'; Invoke-Migration -DatabaseUrl 'postgresql://localhost/x'; 'went on'");
        return EngineRun.RunAsync("env", [.. variables, Engine.All[^1].Program, "-NoProfile", "-File", script], _folder.Path);
    }
}
