namespace SupabaseDeploy.FlutterApps;

/// <summary>The arguments of <c>flutter</c>. Each is a pure function of what was asked for.</summary>
public static class FlutterCommands
{
    /// <summary>Runs the application and speaks the daemon's protocol on standard input and output.</summary>
    /// <param name="device">A device's id, as <c>flutter devices</c> lists them.</param>
    /// <param name="defines">The file of Dart defines, relative to the application.</param>
    /// <param name="further">What the person adds.</param>
    public static IReadOnlyList<string> Run(string device, string defines, IReadOnlyList<string> further) =>
        ["run", "--machine", "-d", device, $"--dart-define-from-file={defines}", .. further];

    /// <summary>Builds the web application for those who use it.</summary>
    public static IReadOnlyList<string> BuildWeb(string defines, IReadOnlyList<string> further) =>
        ["build", "web", "--release", $"--dart-define-from-file={defines}", .. further];

    /// <summary>Analyzes the Dart code: one line a finding, and no lines around them.</summary>
    public static IReadOnlyList<string> Analyze() => ["analyze", "--no-preamble", "--no-congratulate"];

    /// <summary>Runs the tests: one JSON object a line.</summary>
    /// <param name="defines">The file of Dart defines, relative to the application; null for none.</param>
    public static IReadOnlyList<string> Test(string? defines) =>
        defines is null ? ["test", "--machine"] : ["test", "--machine", $"--dart-define-from-file={defines}"];
}
