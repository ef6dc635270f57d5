using System.Text.RegularExpressions;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

/// <summary>One suite of plain scripts that must give the same result under this host and under pwsh.</summary>
public sealed partial class ContractTests
{
    public static TheoryData<string, string> Runs =>
        [.. from engine in Engine.All
            from script in ContractScript.All
            where script.RunsHere
            select (engine.Name, script.Name)];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task A_script_does_what_its_header_declares(string engineName, string scriptName)
    {
        Engine engine = Engine.All.Single(candidate => candidate.Name == engineName);
        ContractScript script = ContractScript.All.Single(candidate => candidate.Name == scriptName);
        using var folder = new TemporaryFolder();

        using EngineRun run = EngineRun.Start(engine.Program, script.CommandLine, folder.Path);
        await run.Input.WriteAsync(script.Input);
        if (script.Signal is { } signal)
        {
            await run.WaitForOutputAsync("ready");
            run.Signal(signal);
        }

        EngineResult result = await run.EndAsync();

        Assert.True(script.ExitCode == result.ExitCode, $"Exit code {result.ExitCode} instead of {script.ExitCode}.\n{result.Output}\n{result.Errors}");
        AssertInOrder(script.Output, Plain(result.Output));
        AssertInOrder(script.Errors, Plain(result.Errors));
        Assert.All(script.Absent, fragment => Assert.DoesNotContain(fragment, Plain(result.Output + result.Errors), StringComparison.Ordinal));
    }

    private static void AssertInOrder(IEnumerable<string> fragments, string text)
    {
        int from = 0;
        foreach (string fragment in fragments)
        {
            int at = text.IndexOf(fragment, from, StringComparison.Ordinal);
            Assert.True(at >= 0, $"'{fragment}' is not in: {text[from..]}");
            from = at + fragment.Length;
        }
    }

    /// <summary>Messages are wrapped to the window, each line after a bar: one line again, without colours.</summary>
    private static string Plain(string text) => Wrapping().Replace(Colours().Replace(text, ""), " ");

    [GeneratedRegex(@"\u001b\[[0-9;?]*[A-Za-z=]")]
    private static partial Regex Colours();

    [GeneratedRegex(@"\s+(\| )?\s*")]
    private static partial Regex Wrapping();
}
