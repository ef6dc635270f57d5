using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

/// <summary>Signals after which pwsh ends at once, and this host when what runs has cleaned up.</summary>
public sealed class SignalTests
{
    private const int Hangup = 1;
    private const int Terminate = 15;

    private const string Waiting = """
        try {
            [Console]::WriteLine('ready')
            while ($true) { [Threading.Thread]::Sleep(20) }
        }
        finally {
            [Console]::WriteLine('cleaned')
        }
        'after'
        """;

    [Theory]
    [InlineData(Terminate, 143)]
    [InlineData(Hangup, 129)]
    public async Task A_signal_to_end_lets_the_script_clean_up_and_is_reported(int signal, int exitCode)
    {
        using var folder = new TemporaryFolder();
        using EngineRun run = EngineRun.Start(Engine.Host.Program, ["-File", folder.Write("wait.ps1", Waiting)], folder.Path);
        await run.WaitForOutputAsync("ready");

        run.Signal(signal);
        EngineResult result = await run.EndAsync();

        Assert.Equal((exitCode, "ready\ncleaned\n", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public async Task A_signal_to_end_leaves_no_program_behind()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("native.ps1", "sh -c 'sleep 301 & echo $!; wait'");
        using EngineRun run = EngineRun.Start(Engine.Host.Program, ["-File", script], folder.Path);
        await run.WaitForOutputAsync("\n");
        int sleeping = int.Parse(run.Output, System.Globalization.CultureInfo.InvariantCulture);

        run.Signal(Terminate);
        EngineResult result = await run.EndAsync();

        Assert.Equal(143, result.ExitCode);
        Assert.False(IsAlive(sleeping), "The program is still there.");
    }

    [Fact]
    public async Task A_signal_while_a_line_is_read_ends_it()
    {
        using var folder = new TemporaryFolder();
        using EngineRun run = EngineRun.Start(Engine.Host.Program, ["-Command", "[Console]::WriteLine('ready'); $Host.UI.ReadLine()"], folder.Path);
        await run.WaitForOutputAsync("ready");

        run.Signal(Terminate);
        EngineResult result = await run.ExitAsync();

        Assert.Equal(143, result.ExitCode);
    }

    /// <summary>A process of which only the exit code is left has no command line.</summary>
    private static bool IsAlive(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").Length > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
