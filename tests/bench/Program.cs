using SupabaseDeploy.Bench;

if (args is [DbUpProgram.Argument, string folder])
{
    return DbUpProgram.Run(folder);
}

(string Name, Func<Task> Run)[] benchmarks =
[
    ("Import", () => Task.Run(ImportBenchmark.Run)),
    ("Migration", MigrationBenchmark.RunAsync),
    ("Publish", PublishBenchmark.RunAsync),
    ("LocalStack.Start", StartBenchmark.RunAsync),
    ("LocalStack.Services", ServicesBenchmark.RunAsync),
    ("LocalStack.Cold", ColdBenchmark.RunAsync),
    ("LocalStack.Reset", ResetBenchmark.RunAsync),
    ("LocalStack.Gateway", GatewayBenchmark.RunAsync),
];

string filter = args.FirstOrDefault() ?? "";
(string Name, Func<Task> Run)[] chosen = [.. benchmarks.Where(benchmark => benchmark.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))];
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"No benchmark's name contains '{filter}'. There are: {string.Join(", ", benchmarks.Select(benchmark => benchmark.Name))}.");
    return 1;
}

foreach ((string _, Func<Task> run) in chosen)
{
    await run();
}

return 0;
