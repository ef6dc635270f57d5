namespace SupabaseDeploy.FlutterApps;

// Lists are kept as arrays: PowerShell cannot index what the compiler makes of a collection expression.

/// <summary>How bad a finding of the analyzer is.</summary>
public enum FlutterSeverity
{
    /// <summary>A matter of style, as the project's own rules have it.</summary>
    Info,

    /// <summary>Something that is probably wrong.</summary>
    Warning,

    /// <summary>The code cannot be compiled, or a test fails.</summary>
    Error,
}

/// <summary>One finding of <c>flutter analyze</c>.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="File">The file, relative to the application.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Rule">The rule or diagnostic, which Dart's documentation explains under this name.</param>
public sealed record FlutterFinding(FlutterSeverity Severity, string Message, string File, int Line, int Column, string Rule)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{File}:{Line}:{Column}: {Message} ({Rule})");
}

/// <summary>How a test ended.</summary>
public enum FlutterTestOutcome
{
    /// <summary>As it should.</summary>
    Passed,

    /// <summary>It was not run, because its author said so.</summary>
    Skipped,

    /// <summary>What it expects is not so, or it did not come to that.</summary>
    Failed,
}

/// <summary>One test.</summary>
public sealed record FlutterTest
{
    /// <summary>Its name, with the names of its groups.</summary>
    public required string Name { get; init; }

    /// <summary>How it ended.</summary>
    public required FlutterTestOutcome Outcome { get; init; }

    /// <summary>The file, relative to the application where it lies in it.</summary>
    public required string File { get; init; }

    /// <summary>The line in it, from 1; 0 where it is not known.</summary>
    public required int Line { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Why it failed; empty for the others.</summary>
    public string Message { get; init; } = "";

    /// <summary>Where it failed; empty for the others.</summary>
    public string StackTrace { get; init; } = "";

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{File}{(Line > 0 ? $":{Line}" : "")}: {Name}{(Message.Length > 0 ? ": " + Message : "")}");
}

/// <summary>What the analysis and the tests of an application said.</summary>
public sealed record FlutterTestRun
{
    /// <summary>The application's folder, absolute.</summary>
    public required string Path { get; init; }

    /// <summary>The environment whose values the tests were compiled with; null for none.</summary>
    public string? Environment { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The findings of the analyzer, by file and line.</summary>
    public required IReadOnlyList<FlutterFinding> Findings { get; init => field = value.ToArray(); }

    /// <summary>The tests, in the order in which they began.</summary>
    public required IReadOnlyList<FlutterTest> Tests { get; init => field = value.ToArray(); }

    /// <summary>How many tests passed.</summary>
    public int Passed => Count(FlutterTestOutcome.Passed);

    /// <summary>How many tests were skipped.</summary>
    public int Skipped => Count(FlutterTestOutcome.Skipped);

    /// <summary>How many tests failed.</summary>
    public int Failed => Count(FlutterTestOutcome.Failed);

    /// <summary>How bad the worst of it is: a failed test is an error; null when nothing was found and no test failed.</summary>
    public FlutterSeverity? Severity => Failed > 0 ? FlutterSeverity.Error : Findings.Select(finding => (FlutterSeverity?)finding.Severity).Max();

    /// <summary>The failed tests and the findings, the worst first, each in one text.</summary>
    public IReadOnlyList<string> Problems => ProblemsOf(FlutterSeverity.Info);

    /// <summary>Those that are as bad as <paramref name="limit"/> or worse.</summary>
    public IReadOnlyList<string> ProblemsOf(FlutterSeverity limit) => (string[])
    [
        .. Tests.Where(test => test.Outcome == FlutterTestOutcome.Failed).Select(test => $"failed {test}"),
        .. Findings.Where(finding => finding.Severity >= limit).OrderByDescending(finding => finding.Severity)
            .Select(finding => $"{finding.Severity.ToString().ToLowerInvariant()} {finding}"),
    ];

    private int Count(FlutterTestOutcome outcome) => Tests.Count(test => test.Outcome == outcome);
}
