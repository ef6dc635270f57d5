using System.Text.RegularExpressions;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

/// <summary>The demo, as a newcomer runs it: its own temporary folder is the only place it may write to beside the cache.</summary>
public sealed class DemoTests : IDisposable
{
    private static readonly string s_script = Path.Combine(Repository.Root, "examples", "progressive-deployment.ps1");

    private readonly TemporaryFolder _first = new();
    private readonly TemporaryFolder _second = new();

    [Fact]
    public async Task Two_demos_at_once_show_the_whole_job_and_leave_nothing_behind()
    {
        EngineResult[] both = await Task.WhenAll(RunAsync(_first), RunAsync(_second));

        foreach (EngineResult result in both)
        {
            Assert.True(result.ExitCode == 0, $"Exit code {result.ExitCode}. Output: {result.Output} Errors: {result.Errors}");
            string[] chapters = Regex.Split(result.Output, "^=== ", RegexOptions.Multiline);
            Assert.Equal(7, chapters.Length);
            Assert.Matches(@"\(Healthy\)", chapters[1]);
            Assert.Matches(@"Refused\. .*healthy on staging", chapters[2].ReplaceLineEndings(" "));
            Assert.Matches(@"production\s+[0-9a-f]{12} Publish\s+Succeeded", chapters[2]);
            Assert.Matches(@"production\s+[0-9a-f]{12} Publish\s+Succeeded", chapters[3]);
            Assert.Matches(@"production\s+[0-9a-f]{12} Publish\s+RolledBack", chapters[4]);
            Assert.Matches(@"True\s+00:00:\d\d\S*\s+00:00:\d\d\S*\s+\d+\s+\d+ Restored and verified", chapters[5]);
            Assert.Contains("Messages after the mistake: 0", chapters[5], StringComparison.Ordinal);
            Assert.Contains("Messages after the restore: 60", chapters[5], StringComparison.Ordinal);
            Assert.Matches(@"Succeeded[\s\S]*Succeeded[\s\S]*RolledBack[\s\S]*Restore\s+Succeeded", chapters[6]);
            Assert.Contains("its body does not match '<nav>'", chapters[6].ReplaceLineEndings(" "), StringComparison.Ordinal);
        }

        AssertNothingIsLeft(_first);
        AssertNothingIsLeft(_second);
    }

    [Fact]
    public async Task A_demo_that_cannot_find_its_server_exits_1_and_leaves_nothing_behind()
    {
        EngineResult result = await RunAsync(_first, $"SUPABASE_DEPLOY_POSTGRES={_second.Path}");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(_second.Path, result.Errors.ReplaceLineEndings(""), StringComparison.Ordinal);
        Assert.DoesNotContain("=== 2", result.Output, StringComparison.Ordinal);
        AssertNothingIsLeft(_first);
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    private static Task<EngineResult> RunAsync(TemporaryFolder folder, params IEnumerable<string> variables) =>
        EngineRun.RunAsync("env", [$"TMPDIR={folder.Path}", .. variables, Engine.All[^1].Program, "-NoProfile", "-File", s_script], folder.Path);

    private static void AssertNothingIsLeft(TemporaryFolder folder)
    {
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.DoesNotContain(Processes(), commandLine => commandLine.Contains(folder.Path, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Processes()
    {
        foreach (string process in Directory.GetDirectories("/proc").Where(path => Path.GetFileName(path).All(char.IsAsciiDigit)))
        {
            string commandLine;
            try
            {
                commandLine = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                continue; // It ended while we looked.
            }

            yield return commandLine;
        }
    }
}
