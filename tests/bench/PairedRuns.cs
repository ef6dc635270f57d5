using System.Diagnostics;

namespace SupabaseDeploy.Bench;

/// <summary>Whole processes timed in turn, A B A B …, so that a machine that slows down slows both.</summary>
internal sealed class PairedRuns(int runs)
{
    public IReadOnlyList<TimeSpan[]> Measure(params IReadOnlyList<string[]> commands)
    {
        TimeSpan[][] times = [.. commands.Select(_ => new TimeSpan[runs])];
        for (int run = -1; run < runs; run++)
        {
            for (int i = 0; i < commands.Count; i++)
            {
                TimeSpan elapsed = Time(commands[i]);
                if (run >= 0)
                {
                    times[i][run] = elapsed;
                }
            }
        }

        return times;
    }

    public static TimeSpan Median(IEnumerable<TimeSpan> times)
    {
        TimeSpan[] sorted = [.. times.Order()];
        return sorted[sorted.Length / 2];
    }

    private static TimeSpan Time(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(begin);
        return process.ExitCode == 0
            ? elapsed
            : throw new InvalidOperationException($"'{string.Join(' ', command)}' ended with {process.ExitCode}: {errors.Result}");
    }
}
