using SupabaseDeploy.FlutterApps;

namespace SupabaseDeploy.Shell.FlutterApp;

/// <summary>An application that was started, with what a person at a prompt does with it.</summary>
public sealed class RunningFlutterApp
{
    private readonly FlutterRun _run;

    internal RunningFlutterApp(FlutterRun run) => _run = run;

    /// <summary>The environment whose values are compiled into it.</summary>
    public string Environment => _run.Request.App.Environment!;

    /// <summary>The device it runs on.</summary>
    public string Device => _run.Request.Device;

    /// <summary>What it is doing now.</summary>
    public FlutterRunState State => _run.State;

    /// <summary>Where a browser finds it; null where Flutter does not say.</summary>
    public string? Url => _run.Url;

    /// <summary>The WebSocket address for debuggers; null where Flutter does not say.</summary>
    public string? DebugUri => _run.DebugUri;

    /// <summary>The id of Flutter's process.</summary>
    public int ProcessId => _run.ProcessId;

    /// <summary>How often it was reloaded or restarted.</summary>
    public int Reloads => _run.Reloads;

    /// <summary>The last of them; null when there was none.</summary>
    public FlutterReload? LastReload => _run.LastReload;

    /// <summary>Why it ended by itself; null for every other end, and while it runs.</summary>
    public string? Failure => _run.Completion.Exception?.InnerException?.Message;

    /// <summary>Its folder.</summary>
    public string Path => _run.Request.App.Folder;

    /// <summary>Loads the code as it is saved; the application keeps its state.</summary>
    public FlutterReload Reload() => _run.ReloadAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Starts the application again with the code as it is saved; it loses its state.</summary>
    public FlutterReload Restart() => _run.RestartAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Stops it, and returns when nothing of it runs any more.</summary>
    public void Stop() => _run.StopAsync().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override string ToString() => $"{Environment} on {Device}";
}
