using System.Text.Json;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Host.Tests;

/// <summary>
/// A script of <c>tests/contract</c> with what its first comment lines declare:
/// <c># exit:</c> the exit code; <c># stdout:</c> and <c># stderr:</c> fragments, each after the one before; <c># not:</c> what neither stream
/// holds; <c># args:</c> a JSON array of arguments; <c># stdin:</c> a JSON string; <c># command: true</c> to hand the text to <c>-Command</c>;
/// <c># signal:</c> a number to send once <c>ready</c> is on standard output; <c># platform: unix</c>.
/// </summary>
public sealed class ContractScript
{
    private readonly ILookup<string, string> _declared;

    public ContractScript(string path)
    {
        Path = path;
        _declared = File.ReadLines(path)
            .TakeWhile(line => line.StartsWith('#'))
            .Select(line => line.TrimStart('#', ' ').Split(": ", 2))
            .Where(parts => parts.Length == 2)
            .ToLookup(parts => parts[0], parts => parts[1]);
    }

    public static IReadOnlyList<ContractScript> All { get; } =
        [.. Directory.GetFiles(System.IO.Path.Combine(Repository.Root, "tests", "contract"), "*.ps1").Order(StringComparer.Ordinal).Select(path => new ContractScript(path))];

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    public int ExitCode => int.Parse(_declared["exit"].Single(), System.Globalization.CultureInfo.InvariantCulture);

    public IEnumerable<string> Output => _declared["stdout"];

    public IEnumerable<string> Errors => _declared["stderr"];

    public IEnumerable<string> Absent => _declared["not"];

    public string Input => _declared["stdin"].Select(json => JsonSerializer.Deserialize<string>(json)!).FirstOrDefault("");

    public int? Signal => _declared["signal"].Select(int.Parse).Cast<int?>().FirstOrDefault();

    public bool RunsHere => !_declared["platform"].Contains("unix") || !OperatingSystem.IsWindows();

    /// <summary>The engine's command line.</summary>
    public IEnumerable<string> CommandLine =>
        _declared["command"].Any()
            ? ["-NoProfile", "-Command", File.ReadAllText(Path)]
            : ["-NoProfile", "-File", Path, .. _declared["args"].SelectMany(json => JsonSerializer.Deserialize<string[]>(json)!)];
}
