using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.FlutterApps;

/// <summary>Analyzes the code of an application and runs its tests.</summary>
/// <param name="program">The program <c>flutter</c>, as <see cref="FlutterSdk.Find()"/> gives it.</param>
/// <param name="time">Time.</param>
public sealed class FlutterTester(string program, TimeProvider? time = null)
{
    private const string Activity = "Test the Flutter application";
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private LastWords _lastWords = new();

    /// <summary>Does both, one after the other. Findings and failed tests are a result, not an exception.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.FlutterTestsNotRun"/>: Flutter ended without a result.</exception>
    public async Task<FlutterTestRun> RunAsync(FlutterProject app, IProgressSink sink, CancellationToken cancellationToken)
    {
        DateTimeOffset startedAt = _time.GetUtcNow();
        long start = _time.GetTimestamp();
        try
        {
            IReadOnlyList<FlutterFinding> findings = await AnalyzeAsync(app, sink, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<FlutterTest> tests = await TestAsync(app, sink, cancellationToken).ConfigureAwait(false);
            return new FlutterTestRun
            {
                Path = app.Folder,
                Environment = app.Environment,
                StartedAt = startedAt,
                Duration = _time.GetElapsedTime(start),
                Findings = [.. findings.OrderBy(finding => finding.File, StringComparer.Ordinal).ThenBy(finding => finding.Line).ThenBy(finding => finding.Column)],
                Tests = tests,
            };
        }
        finally
        {
            sink.Publish(new ActivityCompleted(Activity));
        }
    }

    private async Task<IReadOnlyList<FlutterFinding>> AnalyzeAsync(FlutterProject app, IProgressSink sink, CancellationToken cancellationToken)
    {
        sink.Publish(new ActivityProgress(Activity, "Analyzing"));
        var findings = new List<FlutterFinding>();
        int exitCode = await ReadAsync(app, FlutterCommands.Analyze(), Take, sink, cancellationToken).ConfigureAwait(false);
        return exitCode == 0 || findings.Count > 0 ? findings : throw NotRun(app, "analyze", exitCode);

        bool Take(string line)
        {
            if (AnalysisOutput.Parse(line) is not { } finding)
            {
                return false;
            }

            findings.Add(finding);
            return true;
        }
    }

    private async Task<IReadOnlyList<FlutterTest>> TestAsync(FlutterProject app, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path.Combine(app.Folder, "test")))
        {
            sink.Publish(new Caution($"There are no tests in '{app.Folder}': it has no folder 'test'."));
            return [];
        }

        sink.Publish(new ActivityProgress(Activity, "Running the tests"));
        var events = new TestEvents(app.Folder);
        int exitCode = await ReadAsync(app, FlutterCommands.Test(app.DefinesArgument), Take, sink, cancellationToken).ConfigureAwait(false);
        return events.IsDone && (exitCode == 0 || events.Tests.Any(test => test.Outcome == FlutterTestOutcome.Failed))
            ? events.Tests
            : throw NotRun(app, "test", exitCode);

        bool Take(string line)
        {
            int before = events.Ended;
            bool isEvent = events.Take(line);
            if (events.Ended > before)
            {
                sink.Publish(new ActivityProgress(Activity, "Running the tests", Operation: $"{events.Ended} ended"));
            }

            return isEvent;
        }
    }

    /// <summary>Runs Flutter and hands its lines on, one at a time; those that nobody takes are its last words.</summary>
    private async Task<int> ReadAsync(
        FlutterProject app, IReadOnlyList<string> arguments, Func<string, bool> take, IProgressSink sink, CancellationToken cancellationToken)
    {
        _lastWords = new LastWords();
        var gate = new Lock();
        var request = new ProcessRequest(program, arguments)
        {
            WorkingDirectory = app.Folder,
            Environment = FlutterSdk.Environment(),
            LineReceived = line =>
            {
                lock (gate)
                {
                    if (!take(line))
                    {
                        _lastWords.Add(line);
                        sink.Publish(new Detail(line));
                    }
                }
            },
        };
        return (await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false)).ExitCode;
    }

    private DeployException NotRun(FlutterProject app, string command, int exitCode) => new(
        ErrorTable.FlutterTestsNotRun,
        $"'flutter {command}' ended with exit code {exitCode} and without a result: {_lastWords}",
        "Correct what is reported and run it again; -Verbose shows everything Flutter says.",
        app.Folder);
}
