using SupabaseDeploy.Events;

namespace SupabaseDeploy.FlutterApps;

/// <summary>Turns what Flutter says into events, and keeps what a reload has to be explained with.</summary>
internal sealed class RunTeller(string device, IProgressSink sink)
{
    private readonly string _activity = $"Flutter on {device}";
    private readonly Dictionary<string, string> _operations = [];
    private readonly Lock _gate = new();
    private List<CompileError>? _errors;

    /// <summary>Where a browser finds the application.</summary>
    public string? Url { get; private set; }

    /// <summary>Where a debugger connects.</summary>
    public string? DebugUri { get; private set; }

    /// <summary>Tells one message.</summary>
    public void Tell(FlutterMessage message)
    {
        switch (message)
        {
            case AppWebAddress address:
                Url = address.Url;
                break;
            case AppDebugPort port:
                DebugUri = port.Uri;
                break;
            case OperationProgress progress:
                Tell(progress);
                break;
            case LogText log when !IsOfReload(log):
                Tell(log);
                break;
        }
    }

    /// <summary>The application runs.</summary>
    public void Started(TimeSpan after) => sink.Publish(new Notice(
        FormattableString.Invariant($"The application runs on {device}{(Url is null ? "" : $" at {Url}")}, after {after.TotalSeconds:0.0} s.")));

    /// <summary>From here on, errors of the compiler belong to the reload.</summary>
    public void BeginReload()
    {
        lock (_gate)
        {
            _errors = [];
        }
    }

    /// <summary>The compiler's errors since <see cref="BeginReload"/>.</summary>
    public IReadOnlyList<CompileError> EndReload()
    {
        lock (_gate)
        {
            List<CompileError> errors = _errors ?? [];
            _errors = null;
            return errors;
        }
    }

    /// <summary>Takes the progress off the screen.</summary>
    public void End() => sink.Publish(new ActivityCompleted(_activity));

    private bool IsOfReload(LogText log)
    {
        lock (_gate)
        {
            if (_errors is null || CompileError.Find(log.Text).ToList() is not { Count: > 0 } found)
            {
                return false;
            }

            _errors.AddRange(found);
            return true;
        }
    }

    private void Tell(LogText log) => sink.Publish((log.Level, log.IsOfApp) switch
    {
        (LogLevel.Error or LogLevel.Warning, _) => new Caution(log.Text),
        (_, true) => new Notice(log.Text),
        _ => new Detail(log.Text),
    });

    private void Tell(OperationProgress progress)
    {
        if (progress.IsFinished)
        {
            _operations.Remove(progress.Id);
        }
        else if (progress.Text is { Length: > 0 } text)
        {
            _operations[progress.Id] = text;
        }

        sink.Publish(_operations.Count == 0
            ? new ActivityCompleted(_activity)
            : new ActivityProgress(_activity, _operations.Values.Last()));
    }
}
