using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

/// <summary>One process of an engine, with everything it writes kept.</summary>
public sealed class EngineRun : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Captured _output = new();
    private readonly Captured _errors = new();
    private readonly Task _reading;

    private EngineRun(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(_output.ReadAsync(process.StandardOutput), _errors.ReadAsync(process.StandardError));
    }

    /// <summary>What it wrote to standard output so far.</summary>
    public string Output => _output.ToString();

    /// <summary>What it wrote to standard error so far.</summary>
    public string Errors => _errors.ToString();

    public int ProcessId => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    /// <summary>Starts a program in <paramref name="folder"/>; its standard input is a pipe that <see cref="EndAsync"/> closes.</summary>
    public static EngineRun Start(string program, IEnumerable<string> arguments, string folder)
    {
        // Whoever runs the tests with nohup has them ignore this signal, and what they start.
        var start = new ProcessStartInfo("env", ["--default-signal=HUP", program, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };

        // pwsh finds the module as the host does; a terminal of the tests' own has colours.
        start.Environment["PSModulePath"] = Path.Combine(Repository.Root, "out");
        start.Environment["TERM"] = "xterm";
        start.Environment.Remove("NO_COLOR");
        start.Environment.Remove("GITHUB_ACTIONS");
        start.Environment.Remove("DATABASE_URL");
        return new EngineRun(Process.Start(start)!);
    }

    /// <summary>Runs a program to its end, with nobody to answer questions.</summary>
    public static async Task<EngineResult> RunAsync(string program, IEnumerable<string> arguments, string folder, string input = "")
    {
        using EngineRun run = Start(program, arguments, folder);
        await run.Input.WriteAsync(input);
        return await run.EndAsync();
    }

    /// <summary>Waits until <paramref name="fragment"/> was written to standard output.</summary>
    public Task WaitForOutputAsync(string fragment) => WaitAsync(_output, fragment);

    /// <summary>Waits until <paramref name="fragment"/> was written to standard error.</summary>
    public Task WaitForErrorAsync(string fragment) => WaitAsync(_errors, fragment);

    /// <summary>Fails with everything it wrote when it has ended.</summary>
    public void EnsureRunning() => Assert.False(_process.HasExited, $"It has ended. Output: {Output} Errors: {Errors}");

    /// <summary>Sends a signal to this process alone.</summary>
    public void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    /// <summary>Closes its input and waits for its end.</summary>
    public Task<EngineResult> EndAsync()
    {
        _process.StandardInput.Close();
        return ExitAsync();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<EngineResult> ExitAsync()
    {
        using var limit = new CancellationTokenSource(s_limit);
        await _process.WaitForExitAsync(limit.Token);
        await _reading.WaitAsync(limit.Token);
        return new EngineResult(_process.ExitCode, Output, Errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private async Task WaitAsync(Captured captured, string fragment)
    {
        using var limit = new CancellationTokenSource(s_limit);
        Task found = captured.WaitForAsync(fragment, limit.Token);
        await Task.WhenAny(found, _reading);
        if (!captured.ToString().Contains(fragment, StringComparison.Ordinal))
        {
            Assert.Fail($"It ended before it wrote '{fragment}'. Output: {Output} Errors: {Errors}");
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);

    /// <summary>A stream's text as far as it was read.</summary>
    private sealed class Captured
    {
        private readonly Lock _gate = new();
        private readonly StringBuilder _text = new();
        private TaskCompletionSource _grown = New();

        public async Task ReadAsync(StreamReader reader)
        {
            var buffer = new char[4096];
            int length;
            while ((length = await reader.ReadAsync(buffer)) > 0)
            {
                TaskCompletionSource grown;
                lock (_gate)
                {
                    _text.Append(buffer, 0, length);
                    (grown, _grown) = (_grown, New());
                }

                grown.SetResult();
            }
        }

        public async Task WaitForAsync(string fragment, CancellationToken cancellationToken)
        {
            while (true)
            {
                Task grown;
                lock (_gate)
                {
                    if (_text.ToString().Contains(fragment, StringComparison.Ordinal))
                    {
                        return;
                    }

                    grown = _grown.Task;
                }

                await grown.WaitAsync(cancellationToken);
            }
        }

        public override string ToString()
        {
            lock (_gate)
            {
                return _text.ToString();
            }
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>How a run ended and what it wrote.</summary>
public sealed record EngineResult(int ExitCode, string Output, string Errors);
