using System.Threading.Channels;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.FlutterApps;

/// <summary>What a run is doing.</summary>
public enum FlutterRunState
{
    /// <summary>It is compiled and launched.</summary>
    Starting,

    /// <summary>The application runs.</summary>
    Running,

    /// <summary>It was stopped, or the person closed it.</summary>
    Stopped,

    /// <summary>It did not start, or ended by itself with a failure.</summary>
    Failed,
}

/// <summary>
/// An application that runs: reloaded when its code is saved, started anew when the file of its Dart defines changes, as those are compiled
/// into it. One thing is done at a time. Everything is gone when <see cref="Completion"/> has ended.
/// </summary>
public sealed class FlutterRun : IAsyncDisposable
{
    private readonly IProgressSink _sink;
    private readonly RunTeller _teller;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<RunCommand> _commands = Channel.CreateUnbounded<RunCommand>();
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isSaveQueued;

    private FlutterRun(FlutterRunRequest request, IProgressSink sink)
    {
        Request = request;
        _sink = sink;
        _teller = new RunTeller(request.Device, sink);
        Completion = Task.Run(RunAsync);
    }

    /// <summary>What runs.</summary>
    public FlutterRunRequest Request { get; }

    /// <summary>What it is doing.</summary>
    public FlutterRunState State { get; private set; }

    /// <summary>The id of Flutter's process; 0 before it was started.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Where a browser finds the application; null where Flutter does not say.</summary>
    public string? Url => _teller.Url;

    /// <summary>The WebSocket address for debuggers; null where Flutter does not say.</summary>
    public string? DebugUri => _teller.DebugUri;

    /// <summary>How often the application was reloaded or restarted, whether it succeeded or not.</summary>
    public int Reloads { get; private set; }

    /// <summary>The last reload or restart; null when there was none.</summary>
    public FlutterReload? LastReload { get; private set; }

    /// <summary>Ends when the application runs for the first time; fails when it does not come to that.</summary>
    public Task Running => _running.Task;

    /// <summary>Ends when the application was stopped or closed; fails when it ended by itself with a failure.</summary>
    public Task Completion { get; }

    /// <summary>Starts the application. Its life goes on until <see cref="StopAsync"/>.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="sink">Told what happens, also long after this call.</param>
    public static FlutterRun Start(FlutterRunRequest request, IProgressSink sink) => new(request, sink);

    /// <summary>Loads the code as it is saved into the running application, which keeps its state.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.FlutterAppNotRunning"/>.</exception>
    public Task<FlutterReload> ReloadAsync(CancellationToken cancellationToken) => AskAsync(RunAction.Reload, cancellationToken);

    /// <summary>Starts the application again with the code as it is saved; it loses its state.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.FlutterAppNotRunning"/>.</exception>
    public Task<FlutterReload> RestartAsync(CancellationToken cancellationToken) => AskAsync(RunAction.Restart, cancellationToken);

    /// <summary>Stops the application and Flutter, and ends when they are gone. How the run ended is said by <see cref="Completion"/>.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task<FlutterReload> AskAsync(RunAction action, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<FlutterReload>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _commands.Writer.TryWrite(new RunCommand(action, answer))
            ? await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false)
            : throw NotRunning();
    }

    private async Task RunAsync()
    {
        try
        {
            using var watch = new RunWatch(Request, _sink, saved: QueueSave, definesChanged: () => _commands.Writer.TryWrite(new RunCommand(RunAction.Renew, null)));
            bool isRenewed;
            do
            {
                State = FlutterRunState.Starting;
                watch.RememberDefines();
                FlutterDaemon daemon = FlutterDaemon.Start(Request, _teller.Tell);
                await using (daemon.ConfigureAwait(false))
                {
                    ProcessId = daemon.ProcessId;
                    isRenewed = await ServeAsync(daemon, watch).ConfigureAwait(false);
                }
            }
            while (isRenewed);
            State = FlutterRunState.Stopped;
        }
        catch (OperationCanceledException e)
        {
            State = FlutterRunState.Stopped;
            _running.TrySetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            State = FlutterRunState.Failed;
            _running.TrySetException(e);
            throw;
        }
        finally
        {
            _teller.End();
            _commands.Writer.Complete();
            await foreach (RunCommand left in _commands.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                left.Answer?.TrySetException(NotRunning());
            }
        }
    }

    /// <summary>Does what is asked of one process until it ends, or until another is to take its place: then true.</summary>
    private async Task<bool> ServeAsync(FlutterDaemon daemon, RunWatch watch)
    {
        long start = Request.Time.GetTimestamp();
        await Task.WhenAny(daemon.Started, daemon.Ended).WaitAsync(_stop.Token).ConfigureAwait(false);
        if (!daemon.Started.IsCompletedSuccessfully)
        {
            throw await EndedAsync(daemon, "ended before it had started").ConfigureAwait(false);
        }

        State = FlutterRunState.Running;
        _teller.Started(Request.Time.GetElapsedTime(start));
        _running.TrySetResult();
        while (await NextAsync(daemon).ConfigureAwait(false) is { } command)
        {
            if (command.Action != RunAction.Renew)
            {
                await ReloadAsync(daemon, command).ConfigureAwait(false);
            }
            else if (watch.DefinesHaveChanged())
            {
                _sink.Publish(new Notice($"'{Request.App.DefinesArgument}' has changed. Its values are compiled into the application, which is started anew."));
                return true;
            }
        }

        return await daemon.FailureAsync().ConfigureAwait(false) is null
            ? false
            : throw await EndedAsync(daemon, "ended").ConfigureAwait(false);
    }

    /// <summary>The next thing to do; null when the application has ended.</summary>
    private async Task<RunCommand?> NextAsync(FlutterDaemon daemon)
    {
        Task<bool> next = _commands.Reader.WaitToReadAsync(_stop.Token).AsTask();
        Task first = await Task.WhenAny(next, daemon.Ended).ConfigureAwait(false);
        _stop.Token.ThrowIfCancellationRequested();
        return first == next && !daemon.Ended.IsCompleted && _commands.Reader.TryRead(out RunCommand? command) ? command : null;
    }

    private async Task ReloadAsync(FlutterDaemon daemon, RunCommand command)
    {
        if (command.Action == RunAction.Save)
        {
            Volatile.Write(ref _isSaveQueued, 0); // What is saved from now on is another reload.
        }

        bool isRestart = command.Action == RunAction.Restart;
        DateTimeOffset at = Request.Time.GetUtcNow();
        long start = Request.Time.GetTimestamp();
        _teller.BeginReload();
        (bool succeeded, string message) = (false, "");
        try
        {
            FlutterAnswer? answer = await daemon.RestartAsync(isRestart, command.Action == RunAction.Save ? "save" : "manual", _stop.Token).ConfigureAwait(false);
            (succeeded, message) = answer is null ? (false, "the application ended.") : (answer.Code == 0, answer.Text);
        }
        catch (TimeoutException)
        {
            message = $"Flutter did not answer within {Request.AnswerLimit.TotalSeconds:0} s.";
        }
        catch (OperationCanceledException)
        {
            command.Answer?.TrySetException(NotRunning());
            throw;
        }

        var reload = new FlutterReload
        {
            IsRestart = isRestart,
            Succeeded = succeeded,
            Message = message.Trim(),
            Errors = succeeded ? [] : [.. _teller.EndReload().Concat(CompileError.Find(message)).Distinct()],
            At = at,
            Duration = Request.Time.GetElapsedTime(start),
        };
        _teller.EndReload();
        Reloads++;
        LastReload = reload;
        _sink.Publish(reload.Succeeded ? new Notice(reload.ToString()) : new Caution(reload.ToString()));
        command.Answer?.TrySetResult(reload);
    }

    private void QueueSave()
    {
        if (Interlocked.Exchange(ref _isSaveQueued, 1) == 0)
        {
            _commands.Writer.TryWrite(new RunCommand(RunAction.Save, null));
        }
    }

    private async Task<DeployException> EndedAsync(FlutterDaemon daemon, string how) => new(
        ErrorTable.FlutterAppEnded,
        $"The application '{Path.GetFileName(Request.App.Folder)}' {how}{await daemon.FailureAsync().ConfigureAwait(false) ?? "."}",
        "Correct what is reported and start it again; 'flutter doctor' and 'flutter devices' show what Flutter itself lacks.",
        Request.App.Folder);

    private DeployException NotRunning() => new(
        ErrorTable.FlutterAppNotRunning,
        $"The application '{Path.GetFileName(Request.App.Folder)}' does not run any more.",
        "Start it again with Start-FlutterApp.",
        Request.App.Folder);

    private sealed record RunCommand(RunAction Action, TaskCompletionSource<FlutterReload>? Answer);

    private enum RunAction
    {
        Save,
        Reload,
        Restart,
        Renew,
    }
}
