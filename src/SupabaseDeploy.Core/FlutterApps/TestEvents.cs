using System.Text.Json;

namespace SupabaseDeploy.FlutterApps;

/// <summary>
/// Collects the events of <c>flutter test --machine</c>: one JSON object a line, from several test files at once, between other lines.
/// Source: https://github.com/dart-lang/test/blob/master/pkgs/test/doc/json_reporter.md
/// </summary>
/// <param name="folder">The application's folder.</param>
internal sealed class TestEvents(string folder)
{
    private readonly Dictionary<int, string> _suites = [];
    private readonly Dictionary<int, Running> _tests = [];

    /// <summary>True when the runner said that it came to its end.</summary>
    public bool IsDone { get; private set; }

    /// <summary>How many tests have ended so far.</summary>
    public int Ended { get; private set; }

    /// <summary>Every test that is one to its author, in the order in which they began.</summary>
    public IReadOnlyList<FlutterTest> Tests => [.. _tests.Values.Where(test => !test.IsHidden || test.HasFailed).Select(test => test.ToTest())];

    /// <summary>Takes one line; those that are no event are passed over.</summary>
    /// <returns>False when it is no event.</returns>
    public bool Take(string line)
    {
        if (!line.StartsWith('{'))
        {
            return line.StartsWith("[{", StringComparison.Ordinal); // Flutter's own events, which debuggers need.
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            Take(document.RootElement);
            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false; // A test prints what it likes.
        }
    }

    private void Take(JsonElement message)
    {
        switch (message.GetProperty("type").GetString())
        {
            case "suite":
                JsonElement suite = message.GetProperty("suite");
                _suites[suite.GetProperty("id").GetInt32()] = Text(suite, "path") ?? "";
                break;
            case "testStart":
                Start(message.GetProperty("test"), message.GetProperty("time").GetInt64());
                break;
            case "error" when _tests.TryGetValue(message.GetProperty("testID").GetInt32(), out Running? failing):
                failing.Errors.Add((Text(message, "error") ?? "", Text(message, "stackTrace") ?? ""));
                break;
            case "testDone" when _tests.TryGetValue(message.GetProperty("testID").GetInt32(), out Running? done):
                done.Ended = message.GetProperty("time").GetInt64();
                done.Result = Text(message, "result");
                done.IsHidden = IsTrue(message, "hidden");
                done.IsSkipped = IsTrue(message, "skipped");
                Ended += done.IsHidden ? 0 : 1;
                break;
            case "done":
                IsDone = message.GetProperty("success").ValueKind is JsonValueKind.True or JsonValueKind.False;
                break;
        }
    }

    private void Start(JsonElement test, long time)
    {
        // The place in the person's own file, where the test was defined by a helper from elsewhere.
        string prefix = Text(test, "root_url") is null ? "" : "root_";
        string suite = _suites.GetValueOrDefault(test.GetProperty("suiteID").GetInt32(), "");
        bool hasLine = test.TryGetProperty(prefix + "line", out JsonElement line) && line.ValueKind == JsonValueKind.Number;
        _tests[test.GetProperty("id").GetInt32()] = new Running(Text(test, "name") ?? "", Shown(suite), hasLine ? line.GetInt32() : 0, time);
    }

    private string Shown(string path)
    {
        string relative = Path.IsPathFullyQualified(path) ? Path.GetRelativePath(folder, path) : path;
        return (relative.StartsWith("..", StringComparison.Ordinal) ? path : relative).Replace('\\', '/');
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool IsTrue(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private sealed class Running(string name, string file, int line, long started)
    {
        public long? Ended { get; set; }

        public string? Result { get; set; }

        public bool IsHidden { get; set; }

        public bool IsSkipped { get; set; }

        public List<(string Message, string StackTrace)> Errors { get; } = [];

        // An error after its end makes it fail too; a test without an end was cut short.
        public bool HasFailed => Errors.Count > 0 || Result != "success";

        public FlutterTest ToTest() => new()
        {
            Name = name,
            File = file,
            Line = line,
            Outcome = HasFailed ? FlutterTestOutcome.Failed : IsSkipped ? FlutterTestOutcome.Skipped : FlutterTestOutcome.Passed,
            Duration = TimeSpan.FromMilliseconds(Math.Max(0, (Ended ?? started) - started)),
            Message = Errors.Count > 0 ? string.Join('\n', Errors.Select(error => error.Message.Trim())) : HasFailed ? "It did not come to its end." : "",
            StackTrace = string.Join('\n', Errors.Select(error => error.StackTrace.Trim())),
        };
    }
}
