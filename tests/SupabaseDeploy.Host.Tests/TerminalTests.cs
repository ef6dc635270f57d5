using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

/// <summary>What a person at a terminal sees; the terminal is that of util-linux's <c>script</c>.</summary>
public sealed class TerminalTests
{
    private const string Wipe = """
        [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')] param()
        foreach ($name in 'first', 'second') { if ($PSCmdlet.ShouldProcess($name, 'Delete')) { "deleted $name" } else { "kept $name" } }
        """;

    [Fact]
    public async Task A_question_is_asked_explained_and_answered_for_all()
    {
        using var folder = new TemporaryFolder();
        using EngineRun run = OnTerminal(folder, "-File", folder.Write("wipe.ps1", Wipe));

        await run.WaitForOutputAsync("(default is \"Y\"): ");
        await TypeAsync(run, "?\r");
        await run.WaitForOutputAsync("N - ");
        await TypeAsync(run, "A\r");
        EngineResult result = await run.EndAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Performing the operation \"Delete\" on target \"first\".", result.Output, StringComparison.Ordinal);
        Assert.Contains("deleted first", result.Output, StringComparison.Ordinal);
        Assert.Contains("deleted second", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("on target \"second\"", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_prompt_runs_commands_recalls_them_and_leaves_with_an_exit_code()
    {
        using var folder = new TemporaryFolder();
        using EngineRun run = OnTerminal(folder, "-NoLogo");

        await run.WaitForOutputAsync("> ");
        await TypeAsync(run, "\"<$(40 + 2)>\"\r");
        await run.WaitForOutputAsync("<42>");
        await TypeAsync(run, "\"{0}\" -f 'second'\r");
        await TypeAsync(run, "\u001b[A\u001b[A\r");
        await TypeAsync(run, "exit 3\r");
        EngineResult result = await run.EndAsync();

        Assert.Equal(3, result.ExitCode);
        Assert.Equal(2, result.Output.Split("<42>").Length - 1);
    }

    [Fact]
    public async Task A_command_that_is_stopped_at_the_prompt_returns_to_it()
    {
        using var folder = new TemporaryFolder();
        using EngineRun run = OnTerminal(folder, "-NoLogo");

        await run.WaitForOutputAsync("> ");
        await TypeAsync(run, "[Console]::WriteLine('<' + 'ready>'); while ($true) { [Threading.Thread]::Sleep(20) }\r");
        await run.WaitForOutputAsync("<ready>");
        await TypeAsync(run, "\u0003");
        await TypeAsync(run, "'<' + 'again>'\r");
        await run.WaitForOutputAsync("<again>");
        await TypeAsync(run, "exit\r");
        EngineResult result = await run.EndAsync();

        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task Progress_is_drawn_on_one_line_and_erased()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("progress.ps1", """
            [CmdletBinding()] param()
            $record = [Management.Automation.ProgressRecord]::new(1, 'Restore', 'copying')
            $record.PercentComplete = 50
            $PSCmdlet.WriteProgress($record)
            'done'
            """);
        using EngineRun run = OnTerminal(folder, "-File", script);
        EngineResult result = await run.EndAsync();

        Assert.Contains("\r\u001b[KRestore: copying [##########----------] 50 %\r\u001b[Kdone", result.Output, StringComparison.Ordinal);
    }

    /// <remarks>Without <c>exec</c> a shell may stay beside the host, and end by the Ctrl+C that the host survives.</remarks>
    private static EngineRun OnTerminal(TemporaryFolder folder, params string[] arguments) =>
        EngineRun.Start("script", ["-qec", "exec " + string.Join(' ', arguments.Prepend(Engine.Host.Program).Select(word => $"'{word}'")), "/dev/null"], folder.Path);

    private static async Task TypeAsync(EngineRun run, string keys)
    {
        await run.Input.WriteAsync(keys);
        await run.Input.FlushAsync();
    }
}
