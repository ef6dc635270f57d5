using System.Globalization;
using System.Text.RegularExpressions;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Testing;

/// <summary>A project with a Flutter application, and a program of ours in Flutter's place that does what the project tells it.</summary>
public sealed class FlutterFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FlutterFolder(string misbehaviour = "{}")
    {
        Write("pubspec.yaml", "name: courses\n");
        Write("lib/main.dart", "void main() {}\n");
        Write("test/main_test.dart", "void main() {}\n");
        Write("env/local.json", """{ "APP_ENVIRONMENT": "local" }""");
        Write("env/staging.json", """{ "APP_ENVIRONMENT": "staging" }""");
        Write("stand-in.json", misbehaviour);
    }

    /// <summary>The program.</summary>
    public static string Program { get; } = Path.Combine(Repository.Root, "tests", "stand-ins", "flutter");

    /// <summary>The project and the application.</summary>
    public string Root => _folder.Path;

    /// <summary>What the program was called with and asked for so far, one line each.</summary>
    public IReadOnlyList<string> Calls => File.Exists(Path.Combine(Root, "calls.log")) ? File.ReadAllLines(Path.Combine(Root, "calls.log")) : [];

    /// <summary>The ids of the program's processes and of the browsers they started.</summary>
    public IEnumerable<int> ProcessIds => Calls
        .Select(call => Regex.Match(call, "\"(pid|browser)\":(\\d+)"))
        .Where(match => match.Success)
        .Select(match => int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));

    /// <summary>Those that run now.</summary>
    public IEnumerable<int> Alive => ProcessIds.Where(id => ProcessIdentity.Of(id) is not null);

    public string Write(string path, string text) => _folder.Write(path, text);

    public void Dispose() => _folder.Dispose();
}
