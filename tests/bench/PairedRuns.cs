using System.Diagnostics;
using System.Globalization;

namespace SupabaseDeploy.Bench;

/// <summary>A process to time, and what is done before it, untimed.</summary>
internal sealed record TimedCommand(params string[] Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? Folder { get; init; }

    public Func<Task> Before { get; init; } = () => Task.CompletedTask;

    public TimeSpan Run()
    {
        Before().GetAwaiter().GetResult();
        var start = new ProcessStartInfo(Arguments[0], Arguments[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        foreach ((string name, string value) in Environment)
        {
            start.Environment[name] = value;
        }

        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(begin);
        return process.ExitCode == 0
            ? elapsed
            : throw new InvalidOperationException($"'{string.Join(' ', Arguments)}' ended with {process.ExitCode}: {errors.Result}{output}");
    }
}

/// <summary>Whole processes timed in turn, A B A B …, so that a machine that slows down slows both.</summary>
internal sealed class PairedRuns(int runs, bool warmUp = true)
{
    public IReadOnlyList<TimeSpan[]> Measure(params IReadOnlyList<TimedCommand> commands)
    {
        TimeSpan[][] times = [.. commands.Select(_ => new TimeSpan[runs])];
        for (int run = warmUp ? -1 : 0; run < runs; run++)
        {
            for (int i = 0; i < commands.Count; i++)
            {
                TimeSpan elapsed = commands[i].Run();
                if (run >= 0)
                {
                    times[i][run] = elapsed;
                }
            }
        }

        return times;
    }

    public static async Task<TimeSpan> TimeAsync(Func<Task> work)
    {
        long begin = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(begin);
    }

    public static TimeSpan Median(IEnumerable<TimeSpan> times)
    {
        TimeSpan[] sorted = [.. times.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>The median and the range: <c>0.14 s (0.12 to 0.31)</c>.</summary>
    public static string Seconds(IReadOnlyCollection<TimeSpan> times) => string.Create(
        CultureInfo.InvariantCulture, $"{Median(times).TotalSeconds:0.00} s ({times.Min().TotalSeconds:0.00} to {times.Max().TotalSeconds:0.00})");

    /// <summary>The median of the ratios of each round, which a slow round changes less than a ratio of medians.</summary>
    public static double Ratio(TimeSpan[] ours, TimeSpan[] theirs)
    {
        double[] ratios = [.. ours.Zip(theirs, (mine, other) => mine / other).Order()];
        return ratios[ratios.Length / 2];
    }
}
