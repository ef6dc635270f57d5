namespace SupabaseDeploy.FlutterApps;

/// <summary>What to run, and how.</summary>
public sealed record FlutterRunRequest
{
    /// <summary>The application, with an environment.</summary>
    public required FlutterProject App { get; init; }

    /// <summary>The program <c>flutter</c>, as <see cref="FlutterSdk.Find()"/> gives it.</summary>
    public required string Program { get; init; }

    /// <summary>A device's id, as <c>flutter devices</c> lists them.</summary>
    public string Device { get; init; } = "chrome";

    /// <summary>Further arguments for <c>flutter run</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>How long nothing may be saved before the application is reloaded.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>How long a reload may take.</summary>
    public TimeSpan AnswerLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the application and Flutter have to stop before they are killed.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The arguments of the program.</summary>
    public IReadOnlyList<string> Command => FlutterCommands.Run(Device, App.DefinesArgument!, Arguments);
}
