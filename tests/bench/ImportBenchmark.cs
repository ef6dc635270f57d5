using System.Globalization;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Bench;

/// <summary>What a person waits for before the first answer: the import, and the first command.</summary>
internal static class ImportBenchmark
{
    public static void Run()
    {
        string host = Path.Combine(Repository.Root, "out", "host", "SupabaseDeploy.Host.dll");
        string import = $"Import-Module '{Repository.ModuleManifest}'";
        TimedCommand Session(string command) => new("dotnet", host, "-NoProfile", "-Command", command);

        using var folder = new TemporaryFolder();
        string emptyModule = folder.Write("Empty.psd1", "@{ RootModule = 'Empty.psm1'; ModuleVersion = '1.0'; CmdletsToExport = @(); FunctionsToExport = @() }");
        folder.Write("Empty.psm1", "");

        IReadOnlyList<TimeSpan[]> times = new PairedRuns(runs: 11).Measure(
            Session("$null"),
            Session(import),
            Session($"{import}; Get-Environment -Project '{Repository.Root}' local | Out-Null"),
            Session($"Import-Module '{emptyModule}'"));
        // The floor: what the engine itself needs to import anything.
        Report("import of an empty module", times[0], times[3], limit: null);
        Report("import", times[0], times[1], limit: TimeSpan.FromMilliseconds(60));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Import | {Over(times[1], times[0]) / Over(times[3], times[0]):0.00} of what importing an empty module takes"));
        Report("import and first result of Get-Environment", times[0], times[2], limit: TimeSpan.FromMilliseconds(60 + 250));
    }

    private static TimeSpan Over(TimeSpan[] measured, TimeSpan[] empty) => PairedRuns.Median(measured.Zip(empty, (with, without) => with - without));

    private static void Report(string what, TimeSpan[] empty, TimeSpan[] measured, TimeSpan? limit)
    {
        TimeSpan over = Over(measured, empty);
        double ratio = PairedRuns.Median(measured) / PairedRuns.Median(empty);
        string aim = limit is { } value ? $" (aim: {value.TotalMilliseconds:0} ms)" : "";
        Console.WriteLine(
            $"Import | {what}: {over.TotalMilliseconds:0} ms over an empty session{aim}, {ratio:0.00} x the empty session of {PairedRuns.Median(empty).TotalMilliseconds:0} ms");
    }
}
