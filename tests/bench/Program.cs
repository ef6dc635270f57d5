using SupabaseDeploy.Bench;

(string Name, Action Run)[] benchmarks = [("Import", ImportBenchmark.Run)];

string filter = args.FirstOrDefault() ?? "";
(string Name, Action Run)[] chosen = [.. benchmarks.Where(benchmark => benchmark.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))];
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"No benchmark's name contains '{filter}'. There are: {string.Join(", ", benchmarks.Select(benchmark => benchmark.Name))}.");
    return 1;
}

foreach ((string _, Action run) in chosen)
{
    run();
}

return 0;
