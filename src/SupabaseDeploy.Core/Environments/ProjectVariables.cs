using System.Text.RegularExpressions;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Environments;

/// <summary>
/// What <c>env(NAME)</c> in <c>config.toml</c> stands for: a variable of ours, else of the files that the CLI loads
/// (<see href="https://github.com/supabase/cli/blob/develop/apps/cli-go/pkg/config/config.go"/>, <c>loadNestedEnv</c>): <c>.env.development.local</c>,
/// <c>.env.local</c>, <c>.env.development</c> and <c>.env</c>, beside <c>config.toml</c> and then in the project's folder. The first that sets a name counts.
/// <c>SUPABASE_ENV</c> names another stage than <c>development</c>.
/// </summary>
internal sealed partial class ProjectVariables(string supabaseFolder)
{
    private readonly Lazy<IReadOnlyDictionary<string, string>> _files = new(() => ReadAll(supabaseFolder));

    /// <summary>The value of a variable; null when nothing sets it.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidSupabaseConfiguration"/>: a file cannot be read.</exception>
    public string? Find(string name) => Environment.GetEnvironmentVariable(name) ?? _files.Value.GetValueOrDefault(name);

    /// <summary>The variables of a file's text.</summary>
    /// <param name="text">Lines like <c>NAME=value</c>; quotes, comments, <c>export</c> and <c>${NAME}</c> of a line before are understood.</param>
    /// <param name="path">Where it is from, for messages, which never hold a value.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidSupabaseConfiguration"/>.</exception>
    public static IReadOnlyDictionary<string, string> Parse(string text, string path)
    {
        var variables = new Dictionary<string, string>();
        for (int at = 0; at < text.Length;)
        {
            Match line = Line().Match(text, at);
            if (!line.Success)
            {
                throw new DeployException(
                    ErrorTable.InvalidSupabaseConfiguration,
                    $"'{path}' cannot be read: line {text.AsSpan(0, at).Count('\n') + 1} is no variable.",
                    "Write lines like NAME=value, and close every quote.",
                    path);
            }

            if (line.Groups["name"] is { Success: true, Value: var name })
            {
                variables[name] = ValueOf(line, variables);
            }

            at = line.Index + line.Length;
        }

        return variables;
    }

    private static Dictionary<string, string> ReadAll(string supabaseFolder)
    {
        string stage = Environment.GetEnvironmentVariable("SUPABASE_ENV") is { Length: > 0 } named ? named : "development";
        IEnumerable<string> names = [$".env.{stage}.local", .. stage == "test" ? Array.Empty<string>() : [".env.local"], $".env.{stage}", ".env"];
        var all = new Dictionary<string, string>();
        foreach (string file in ((string[])[supabaseFolder, Path.GetDirectoryName(supabaseFolder)!]).SelectMany(_ => names, Path.Combine).Where(File.Exists))
        {
            foreach ((string name, string value) in Parse(ReadFile(file), file))
            {
                all.TryAdd(name, value);
            }
        }

        return all;
    }

    private static string ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeployException(
                ErrorTable.InvalidSupabaseConfiguration, $"'{path}' cannot be read: {e.Message}", "Let your user read the file, or move it away.", path, e);
        }
    }

    private static string ValueOf(Match line, Dictionary<string, string> before)
    {
        if (line.Groups["literal"].Success)
        {
            return line.Groups["literal"].Value;
        }

        string value = line.Groups["quoted"].Success
            ? Escape().Replace(line.Groups["quoted"].Value, match => match.Value switch { "\\n" => "\n", "\\r" => "\r", "\\$" => "\\$", _ => match.Value[1..] })
            : line.Groups["plain"].Value;
        return Reference().Replace(value, match => match.Groups["escaped"].Success ? match.Value[1..]
            : match.Groups["name"] is { Success: true, Value: var name } ? before.GetValueOrDefault(name, "")
            : match.Value);
    }

    [GeneratedRegex("""
        \G[ \t]*(?:(?:export[ \t]+)?(?<name>[A-Za-z_][\w.]*)[ \t]*[=:][ \t]*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|'(?<literal>[^']*)'|(?<plain>[^\s"'#](?:[^\r\n#]|(?<=\S)#)*?)?)[ \t]*)?(?:(?<![^\s"'=])\#[^\n]*)?(?:\r?\n|\r?\z)
        """, RegexOptions.Singleline)]
    private static partial Regex Line();

    [GeneratedRegex(@"\\.", RegexOptions.Singleline)]
    private static partial Regex Escape();

    // The expression of godotenv 1.5.1, which the CLI reads these files with (expandVarRegex): what is no name in capitals stays as it is,
    // and a name that no line before sets is empty, whatever the process's own environment says.
    [GeneratedRegex(@"(?<escaped>\\)?\$\(?\{?(?<name>[A-Z0-9_]+)?\}?")]
    private static partial Regex Reference();
}
