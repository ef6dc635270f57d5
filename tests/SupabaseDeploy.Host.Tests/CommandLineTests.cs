using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("is not recognized as the name of a script file", "-File", "no such.ps1")]
    [InlineData("is not recognized as the name of a script file", "no-such.ps1")]
    [InlineData("did you mean", "-Policy", "x")]
    [InlineData("-File needs the path", "-File")]
    [InlineData("-Command needs a command", "-Command")]
    [InlineData("nothing may follow it", "-Command", "-", "more")]
    [InlineData("Invalid ExecutionPolicy value 'Loose'", "-ExecutionPolicy", "Loose", "-Command", "1")]
    [InlineData("'/no/such/folder' of -WorkingDirectory does not exist", "-WorkingDirectory", "/no/such/folder")]
    public async Task A_command_line_that_cannot_be_followed_is_refused_with_64(string why, params string[] arguments)
    {
        using var folder = new TemporaryFolder();

        EngineResult result = await EngineRun.RunAsync(Engine.Host.Program, arguments, folder.Path);

        Assert.Equal(64, result.ExitCode);
        Assert.Contains(why, result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task Switches_may_be_short_and_a_script_may_lie_in_a_folder_with_spaces()
    {
        using var folder = new TemporaryFolder();
        folder.Write("my scripts/say it.ps1", "param($What) \"$What $PWD\"");

        EngineResult result = await EngineRun.RunAsync(
            Engine.Host.Program, ["-nop", "--NonI", "/nologo", "-ep", "Bypass", "-f", "my scripts/say it.ps1", "-What", "hello"], folder.Path);

        Assert.Equal((0, $"hello {folder.Path}{Environment.NewLine}", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public async Task Help_and_version_are_printed()
    {
        using var folder = new TemporaryFolder();

        EngineResult help = await EngineRun.RunAsync(Engine.Host.Program, ["-Help"], folder.Path);
        EngineResult version = await EngineRun.RunAsync(Engine.Host.Program, ["-Version"], folder.Path);

        Assert.Equal((0, 0), (help.ExitCode, version.ExitCode));
        Assert.StartsWith("Usage: SupabaseDeploy.Host", help.Output, StringComparison.Ordinal);
        Assert.Matches(@"^SupabaseDeploy\.Host \d+\.\d+\.\d+ \(PowerShell 7\.\d+\.\d+\)\s*$", version.Output);
    }

    [Fact]
    public async Task Commands_are_read_from_standard_input_and_blocks_end_with_an_empty_line()
    {
        using var folder = new TemporaryFolder();

        EngineResult result = await EngineRun.RunAsync(
            Engine.Host.Program, ["-Command", "-"], folder.Path, "1 + 1\nif ($true) {\n'in a block'\n}\n\nexit 4\n'after'\n");

        Assert.Equal((4, "2\nin a block\n", ""), (result.ExitCode, result.Output.ReplaceLineEndings("\n"), result.Errors));
    }

    [Fact]
    public async Task A_command_of_a_module_that_is_not_here_names_the_module_and_the_remedy_and_ends_the_script()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("a.ps1", """
            @(Get-Command Join-Path -ErrorAction Ignore).Count
            try { Join-Path a b } catch [Management.Automation.CommandNotFoundException] { "caught $($_.FullyQualifiedErrorId)" }
            1 | Select-Object -First 1 -Wait x
            'after'
            """);

        EngineResult result = await EngineRun.RunAsync(Engine.Host.Program, ["-File", script], folder.Path);

        Assert.Equal((1, "0\ncaught CommandNotInThisHost\n"), (result.ExitCode, result.Output.ReplaceLineEndings("\n")));
        Assert.Contains("a.ps1:3", result.Errors, StringComparison.Ordinal);
        Assert.Contains("The command 'Select-Object' is part of Microsoft.PowerShell.Utility", result.Errors, StringComparison.Ordinal);
        Assert.Contains("Install PowerShell 7.6", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_terminal_progress_is_one_line_for_each_stage_on_standard_error()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("progress.ps1", """
            [CmdletBinding()] param()
            foreach ($stage in 'copying rows', 'building indexes') {
                foreach ($percent in 0..100) {
                    $record = [Management.Automation.ProgressRecord]::new(1, 'Restore production', $stage)
                    $record.PercentComplete = $percent
                    $PSCmdlet.WriteProgress($record)
                }
            }
            $record.RecordType = 'Completed'
            $PSCmdlet.WriteProgress($record)
            'done'
            """);

        EngineResult result = await EngineRun.RunAsync(Engine.Host.Program, ["-File", script], folder.Path);

        Assert.Equal(
            (0, "done\n", "Restore production: copying rows\nRestore production: building indexes\n"),
            (result.ExitCode, result.Output.ReplaceLineEndings("\n"), result.Errors.ReplaceLineEndings("\n")));
    }

    [Fact]
    public async Task A_confirmation_that_nobody_can_give_fails_and_names_the_way_around_it()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("wipe.ps1", """
            [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')] param()
            if ($PSCmdlet.ShouldProcess('production (db.example)', 'Delete every row')) { 'deleted' }
            """);

        EngineResult asked = await EngineRun.RunAsync(Engine.Host.Program, ["-Command", $"$ErrorActionPreference = 'Stop'; & '{script}'"], folder.Path);
        EngineResult told = await EngineRun.RunAsync(Engine.Host.Program, ["-File", script, "-Confirm:$false"], folder.Path);

        Assert.Equal((1, ""), (asked.ExitCode, asked.Output));
        Assert.Contains("-Confirm:$false", asked.Errors, StringComparison.Ordinal);
        Assert.Equal((0, "deleted"), (told.ExitCode, told.Output.Trim()));
    }

    [Fact]
    public async Task A_reader_that_goes_away_is_no_error()
    {
        using var folder = new TemporaryFolder();

        EngineResult result = await EngineRun.RunAsync("/bin/sh", ["-c", $"'{Engine.Host.Program}' -Command '1..5000' | head -1"], folder.Path);

        Assert.Equal((0, "1\n", ""), (result.ExitCode, result.Output, result.Errors));
    }
}
