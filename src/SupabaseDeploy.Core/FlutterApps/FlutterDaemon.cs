using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.FlutterApps;

/// <summary>One process of <c>flutter run --machine</c>: tells what it says, asks it, and ends it with everything it started.</summary>
internal sealed class FlutterDaemon : IAsyncDisposable
{
    private static readonly TimeSpan s_outputGrace = TimeSpan.FromSeconds(2);

    private readonly FlutterRunRequest _request;
    private readonly Action<FlutterMessage> _heard;
    private readonly Process _process;
    private readonly LastWords _lastWords = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<FlutterAnswer?>> _asked = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _appEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _exit;
    private int _lastId;
    private string? _appId;
    private string? _error;

    private FlutterDaemon(FlutterRunRequest request, Process process, Action<FlutterMessage> heard)
    {
        _request = request;
        _process = process;
        _heard = heard;
        AppDomain.CurrentDomain.ProcessExit += KillWithUs;
        _exit = Task.Run(ReadToEndAsync);
    }

    /// <summary>The process's id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Ends when the application runs.</summary>
    public Task Started => _started.Task;

    /// <summary>Ends when the application or the process has ended.</summary>
    public Task Ended => Task.WhenAny(_appEnded.Task, _exit);

    /// <summary>Starts the program.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="heard">Told every message, one after the other, from another thread.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.ProgramFailed"/>: it cannot be started.</exception>
    public static FlutterDaemon Start(FlutterRunRequest request, Action<FlutterMessage> heard)
    {
        IReadOnlyList<string> command = ProcessGroup.Command([request.Program, .. request.Command]);
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = request.App.Folder,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in ChildEnvironment.For(Environment.GetEnvironmentVariables(), FlutterSdk.Environment()))
        {
            start.Environment[name] = value;
        }

        try
        {
            return new FlutterDaemon(request, Process.Start(start)!, heard);
        }
        catch (Win32Exception e)
        {
            throw new DeployException(
                ErrorTable.ProgramFailed, $"Cannot start program '{request.Program}': {e.Message}", "Check that the file may be executed.", request.Program, e);
        }
    }

    /// <summary>Asks for a hot reload or restart of the application, which has to run.</summary>
    /// <returns>The answer; null when the process ended before it gave one.</returns>
    /// <exception cref="TimeoutException">It gives none within the request's limit.</exception>
    public async Task<FlutterAnswer?> RestartAsync(bool isFull, string reason, CancellationToken cancellationToken) =>
        await (await AskAsync(id => FlutterProtocol.Restart(id, _appId!, isFull, reason), cancellationToken).ConfigureAwait(false))
            .WaitAsync(_request.AnswerLimit, _request.Time, cancellationToken).ConfigureAwait(false);

    /// <summary>Why the application ended, with what was said last; null when it ended as it should.</summary>
    public async Task<string?> FailureAsync()
    {
        if (_appEnded.Task.IsCompleted && _error is null && Started.IsCompletedSuccessfully)
        {
            return null;
        }

        // Its exit code and its last words come with its end; one that stays after its application ended is ended by DisposeAsync.
        await Task.WhenAny(_exit, Task.Delay(_request.StopGrace, _request.Time)).ConfigureAwait(false);
        if (_error is null && Started.IsCompletedSuccessfully && _exit.IsCompleted && _process.ExitCode == 0)
        {
            return null;
        }

        string exit = _exit.IsCompleted ? $" (exit code {_process.ExitCode})" : "";
        string[] said = [.. new[] { _error, _lastWords.ToString() }.Where(text => !string.IsNullOrEmpty(text))!];
        return exit + (said.Length > 0 ? ": " + string.Join('\n', said) : ".");
    }

    /// <summary>Stops the application, then Flutter, and kills what does not stop. Nothing of it runs any more afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        using (var grace = new CancellationTokenSource(_request.StopGrace, _request.Time))
        {
            try
            {
                await StopAsync(grace.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // It does not listen, and is killed.
            }
        }

        ProcessGroup.Kill(_process);
        await _exit.ConfigureAwait(false);
        AppDomain.CurrentDomain.ProcessExit -= KillWithUs;
        _process.Dispose();
        _writing.Dispose();
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_appId is { } appId && !_appEnded.Task.IsCompleted && !_exit.IsCompleted)
        {
            Task<FlutterAnswer?> answer = await AskAsync(id => FlutterProtocol.Stop(id, appId), cancellationToken).ConfigureAwait(false);
            await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!_exit.IsCompleted)
        {
            await AskAsync(FlutterProtocol.Shutdown, cancellationToken).ConfigureAwait(false);
        }

        await _exit.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<Task<FlutterAnswer?>> AskAsync(Func<int, string> request, CancellationToken cancellationToken)
    {
        int id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<FlutterAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[id] = answer;
        if (_exit.IsCompleted)
        {
            answer.TrySetResult(null);
            return answer.Task;
        }

        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _process.StandardInput.WriteLineAsync(request(id).AsMemory(), cancellationToken).ConfigureAwait(false);
            await _process.StandardInput.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            answer.TrySetResult(null); // It has closed its input: it is ending.
        }
        finally
        {
            _writing.Release();
        }

        return answer.Task;
    }

    private async Task ReadToEndAsync()
    {
        using var reading = new CancellationTokenSource();
        Task output = ReadAsync(_process.StandardOutput, Hear, reading.Token);
        Task errors = ReadAsync(_process.StandardError, _lastWords.Add, reading.Token);
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);

        // What it left behind holds its pipes open.
        ProcessGroup.Kill(_process);
        reading.CancelAfter(s_outputGrace);
        await Task.WhenAll(output, errors).ConfigureAwait(false);
        foreach (TaskCompletionSource<FlutterAnswer?> waiting in _asked.Values)
        {
            waiting.TrySetResult(null);
        }
    }

    private static async Task ReadAsync(TextReader reader, Action<string> take, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (string line in new ProtocolLines(reader).ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                take(line);
            }
        }
        catch (OperationCanceledException)
        {
            // Held open by something that is not ours to end; what was read so far is what was said.
        }
    }

    private void Hear(string line)
    {
        if (FlutterProtocol.Parse(line) is not { } message)
        {
            _lastWords.Add(line);
            return;
        }

        switch (message)
        {
            case AppStarting starting:
                _appId = starting.AppId;
                break;
            case LogText { Level: LogLevel.Error or LogLevel.Warning } log:
                _lastWords.Add(log.Text);
                break;
            case AppStopped stopped:
                _error = stopped.Error;
                break;
        }

        _heard(message);
        switch (message)
        {
            case FlutterAnswer answer when _asked.TryRemove(answer.Id, out TaskCompletionSource<FlutterAnswer?>? waiting):
                waiting.TrySetResult(answer);
                break;
            case AppStarted started:
                _appId ??= started.AppId;
                _started.TrySetResult();
                break;
            case AppStopped:
                _appEnded.TrySetResult();
                break;
        }
    }

    private void KillWithUs(object? sender, EventArgs e) => ProcessGroup.Kill(_process);
}
