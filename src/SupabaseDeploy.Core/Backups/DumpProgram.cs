using System.Text.RegularExpressions;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>Runs pg_dump, pg_dumpall and pg_restore: progress by tables, and the program's own words when it fails.</summary>
internal sealed partial class DumpProgram(PostgresInstallation installation, IProgressSink sink)
{
    /// <summary>How many processes read or write at once.</summary>
    public static int Jobs { get; } = Math.Clamp(System.Environment.ProcessorCount, 2, 8);

    /// <summary>Runs one program to its end.</summary>
    /// <param name="program"><c>pg_dump</c>, <c>pg_dumpall</c> or <c>pg_restore</c>.</param>
    /// <param name="arguments">From <see cref="DumpCommands"/>.</param>
    /// <param name="database">Whose password the program needs.</param>
    /// <param name="progress">Told about each table.</param>
    /// <param name="failure">The error when it does not succeed.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    public async Task RunAsync(
        string program, IReadOnlyList<string> arguments, DatabaseAddress database, TableProgress progress, DumpFailure failure, CancellationToken cancellationToken)
    {
        var request = installation.Request(program, arguments) with
        {
            Environment = new Dictionary<string, string?>([.. installation.Environment, .. DumpCommands.Environment(database)]),
            LineReceived = line =>
            {
                if (TableLine().Match(line) is { Success: true } match)
                {
                    sink.Publish(progress.Next());
                    sink.Publish(new Detail($"{program}: {match.Groups["table"].Value}"));
                }
            },
        };
        ProcessResult result = await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw new DeployException(failure.Code, $"{failure.What}: {Problem(program, result)}", failure.Remedy, failure.Target);
        }
    }

    // With --verbose a failure stands among hundreds of lines of progress.
    internal static string Problem(string program, ProcessResult result)
    {
        string[] lines = result.Error.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string[] problems = [.. lines.Where(line => ProblemLine().IsMatch(line)).Take(6)];
        return problems.Length > 0 ? string.Join(' ', problems) : $"{program} ended with exit code {result.ExitCode}. {lines.LastOrDefault()}".TrimEnd();
    }

    [GeneratedRegex("(?:dumping contents of|processing data for) table \"(?<table>.+)\"$", RegexOptions.CultureInvariant)]
    private static partial Regex TableLine();

    [GeneratedRegex("error:|fatal:|detail:|hint:|ERROR:|FATAL:|DETAIL:|HINT:", RegexOptions.CultureInvariant)]
    private static partial Regex ProblemLine();
}

/// <summary>What to say when a dump program fails.</summary>
/// <param name="Code">The row of the error table.</param>
/// <param name="What">What failed, with the value in single quotes.</param>
/// <param name="Remedy">What to do next.</param>
/// <param name="Target">What the failure is about.</param>
internal sealed record DumpFailure(ErrorCode Code, string What, string Remedy, object? Target);

/// <summary>Counts tables towards a known or unknown total.</summary>
/// <param name="activity">What the whole work is.</param>
/// <param name="status">What is being done: <c>Dumping tables</c>.</param>
/// <param name="total">Number of tables; null when it is not known.</param>
/// <param name="time">The clock for the time that is left.</param>
internal sealed class TableProgress(string activity, string status, int? total, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private int _begun;

    /// <summary>The event for the next table. Its status stays the same: where there is no terminal, each status is a line.</summary>
    public ActivityProgress Next()
    {
        int begun = Interlocked.Increment(ref _begun);
        if (total is not > 0)
        {
            return new ActivityProgress(activity, status);
        }

        // The table just begun is not done yet.
        double done = Math.Min((begun - 1.0) / total.Value, 1);
        TimeSpan? remaining = done > 0.05 ? time.GetElapsedTime(_started) * ((1 - done) / done) : null;
        return new ActivityProgress(activity, status, done * 100, remaining);
    }
}
