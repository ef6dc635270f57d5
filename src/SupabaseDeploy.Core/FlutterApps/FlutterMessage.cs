namespace SupabaseDeploy.FlutterApps;

/// <summary>
/// What <c>flutter run --machine</c> says. Source: https://github.com/flutter/flutter/blob/master/packages/flutter_tools/doc/daemon.md
/// </summary>
internal abstract record FlutterMessage;

/// <summary><c>app.start</c>: the application is being started.</summary>
internal sealed record AppStarting(string AppId, string? DeviceId) : FlutterMessage;

/// <summary><c>app.debugPort</c>: where a debugger connects.</summary>
internal sealed record AppDebugPort(string Uri) : FlutterMessage;

/// <summary><c>app.webLaunchUrl</c>: where the application is served, for browsers.</summary>
internal sealed record AppWebAddress(string Url) : FlutterMessage;

/// <summary><c>app.started</c>: it runs.</summary>
internal sealed record AppStarted(string AppId) : FlutterMessage;

/// <summary><c>app.log</c> and <c>daemon.logMessage</c>: a text of the application, or of Flutter about it.</summary>
/// <param name="Text">The text, of one or more lines.</param>
/// <param name="Level">How important it is.</param>
/// <param name="IsOfApp">True for what the application itself printed.</param>
internal sealed record LogText(string Text, LogLevel Level, bool IsOfApp) : FlutterMessage;

/// <summary><c>app.progress</c>: an operation begins, or has ended.</summary>
internal sealed record OperationProgress(string Id, string? Text, bool IsFinished) : FlutterMessage;

/// <summary><c>app.stop</c>: the application has ended, with an error where there is one.</summary>
internal sealed record AppStopped(string? Error) : FlutterMessage;

/// <summary>The answer to one request.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="Code">0 for success.</param>
/// <param name="Text">What Flutter says about it.</param>
internal sealed record FlutterAnswer(int Id, int Code, string Text) : FlutterMessage;

/// <summary>An event that is of no use here.</summary>
internal sealed record OtherMessage(string Name) : FlutterMessage;

/// <summary>How important a log text is.</summary>
internal enum LogLevel
{
    /// <summary>For those who look for a fault in Flutter itself.</summary>
    Trace,

    /// <summary>Ordinary.</summary>
    Information,

    /// <summary>Something may be wrong.</summary>
    Warning,

    /// <summary>Something is wrong.</summary>
    Error,
}
