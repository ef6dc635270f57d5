using System.Globalization;
using System.Text.RegularExpressions;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Releases;
using Tomlyn;
using Tomlyn.Model;

namespace SupabaseDeploy.Environments;

/// <summary>
/// The project's <c>supabase/config.toml</c>, read by key (<see href="https://supabase.com/docs/guides/local-development/cli/config"/>).
/// A text <c>env(NAME)</c> stands for what <see cref="ProjectVariables"/> finds, and for nothing when that is not set.
/// </summary>
public sealed partial class SupabaseConfiguration
{
    private readonly string _path;
    private readonly Dictionary<string, object> _values = [];

    // Names may have dots in them, so what a key or table is made of is known by its parts only.
    private readonly Dictionary<string, IReadOnlyList<string>> _parts = [];
    private readonly List<IReadOnlyList<string>> _tables = [];
    private readonly ProjectVariables _variables;

    private SupabaseConfiguration(string path, TomlTable table)
    {
        _path = path;
        _variables = new ProjectVariables(Path.GetDirectoryName(path)!);
        Flatten([], table);
    }

    /// <summary>The file of a project, whether it is there or not.</summary>
    public static string FileOf(ProjectFolder project) => Path.Combine(project.Root, "supabase", "config.toml");

    /// <summary>Reads the file of a project; an empty configuration when there is none.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidSupabaseConfiguration"/>, with line and column.</exception>
    public static SupabaseConfiguration Load(ProjectFolder project)
    {
        string path = FileOf(project);
        if (!File.Exists(path))
        {
            return new SupabaseConfiguration(path, []);
        }

        try
        {
            return new SupabaseConfiguration(path, TomlSerializer.Deserialize<TomlTable>(File.ReadAllText(path)) ?? []);
        }
        catch (TomlException e)
        {
            throw new DeployException(
                ErrorTable.InvalidSupabaseConfiguration, $"'{path}' cannot be read: {e.Message}", "Correct the file.", path, e);
        }
    }

    /// <summary>A whole number; null when the key is not set.</summary>
    /// <param name="key">The dotted key, as <c>api.port</c>.</param>
    /// <param name="minimum">The smallest value that makes sense.</param>
    /// <param name="maximum">The largest.</param>
    /// <exception cref="DeployException">The value is something else.</exception>
    public int? Number(string key, int minimum = 0, int maximum = int.MaxValue) => Find(key) switch
    {
        null => null,
        string text when IsReference(text) => FromVariable<int>(
            key, text, value => int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out int read) && read >= minimum && read <= maximum ? read : null, "a whole number"),
        long number when number >= minimum && number <= maximum => (int)number,
        object other => throw Wrong(key, other, maximum == int.MaxValue ? $"a whole number from {minimum}" : $"a whole number from {minimum} to {maximum}"),
    };

    /// <summary>A TCP port; null when the key is not set.</summary>
    /// <exception cref="DeployException">The value is something else.</exception>
    public int? Port(string key) => Number(key, 1, ushort.MaxValue);

    /// <summary>True or false; null when the key is not set.</summary>
    /// <exception cref="DeployException">The value is something else.</exception>
    public bool? Flag(string key) => Find(key) switch
    {
        null => null,
        bool flag => flag,
        string text when IsReference(text) => FromVariable<bool>(key, text, value => bool.TryParse(value, out bool read) ? read : null, "true or false"),
        object other => throw Wrong(key, other, "true or false"),
    };

    /// <summary>A text; null when the key is not set.</summary>
    /// <exception cref="DeployException">The value is something else.</exception>
    public string? Text(string key) => Find(key) switch
    {
        null => null,
        string text => Resolve(text),
        object other => throw Wrong(key, other, "a text in quotes"),
    };

    /// <summary>A number of bytes, written as a number or as <c>50MiB</c>; null when the key is not set.</summary>
    /// <exception cref="DeployException">The value is something else.</exception>
    public long? Size(string key) => Find(key) switch
    {
        null => null,
        long bytes and >= 0 => bytes,
        string text when IsReference(text) => FromVariable<long>(key, text, value => SizeText().Match(value) is { Success: true } match ? Bytes(match) : null, "a size like 50MiB"),
        string text when SizeText().Match(text) is { Success: true } match => Bytes(match),
        object other => throw Wrong(key, other, "a size like \"50MiB\""),
    };

    /// <summary>A list of texts; null when the key is not set.</summary>
    /// <exception cref="DeployException">The value is something else.</exception>
    public IReadOnlyList<string>? Texts(string key) => Find(key) switch
    {
        null => null,
        TomlArray array when array.All(item => item is string) => [.. array.Cast<string>().Select(Resolve).OfType<string>()],
        object other => throw Wrong(key, other, "a list of texts in quotes"),
    };

    /// <summary>A text, number or flag as text; null when the key is not set, or reads a variable that is not.</summary>
    /// <exception cref="DeployException">The value is something else.</exception>
    public string? Scalar(string key) => Find(key) switch
    {
        null => null,
        string text => Resolve(text),
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        object other => throw Wrong(key, other, "a text, a number, true or false"),
    };

    /// <summary>The variable that a key reads and nothing sets; null for every other value.</summary>
    public string? UnsetVariable(string key) =>
        Find(key) is string text && Resolve(text) is null ? EnvironmentReference().Match(text).Groups["name"].Value : null;

    /// <summary>The first variable that a key reads, set or not; null for a value that is the same everywhere.</summary>
    public string? VariableOf(string key)
    {
        IEnumerable<object?> values = Find(key) is TomlArray array ? array : [Find(key)];
        return values.OfType<string>().Select(text => EnvironmentReference().Match(text)).FirstOrDefault(match => match.Success)?.Groups["name"].Value;
    }

    /// <summary>Every key that the file sets, in ordinal order.</summary>
    public IReadOnlyList<string> Keys => [.. _values.Keys.Order(StringComparer.Ordinal)];

    /// <summary>A value as JSON, which is the same for equal values; null when the key is not set, or set to what is no value of a setting.</summary>
    public string? Json(string key) => SettingValue.Of(Find(key));

    /// <summary>The names of the tables directly below a table, empty ones too: the functions of <c>functions</c>.</summary>
    public IReadOnlyList<string> Names(string table) =>
    [
        .. _tables
            .Where(parts => string.Join('.', parts.SkipLast(1)) == table)
            .Select(parts => parts[^1])
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The names that a key of <see cref="Keys"/> is made of, of which each may have dots in it.</summary>
    public IReadOnlyList<string> Parts(string key) => _parts[key];

    // The CLI takes decimal letters for powers of 1024 too.
    private static long Bytes(Match size) =>
        long.Parse(size.Groups[1].Value, CultureInfo.InvariantCulture) << (10 * (size.Groups[2].Length == 0 ? 0 : 1 + "KMGT".IndexOf(char.ToUpperInvariant(size.Groups[2].Value[0]), StringComparison.Ordinal)));

    [GeneratedRegex(@"^env\((?<name>\w+)\)$")]
    private static partial Regex EnvironmentReference();

    [GeneratedRegex(@"^\s*([0-9]{1,9})\s*([kmgt]?)i?b?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex SizeText();

    // The mail server's table has another name since version 3 of the CLI.
    private object? Find(string key) =>
        _values.GetValueOrDefault(key) ?? (key.StartsWith("inbucket.", StringComparison.Ordinal) ? _values.GetValueOrDefault($"local_smtp.{key[9..]}") : null);

    private static bool IsReference(string text) => EnvironmentReference().IsMatch(text);

    private string? Resolve(string text) =>
        EnvironmentReference().Match(text) is { Success: true } match ? _variables.Find(match.Groups["name"].Value) : text;

    /// <summary>What the variable of an <c>env(NAME)</c> holds; null when it is not set.</summary>
    private T? FromVariable<T>(string key, string reference, Func<string, T?> read, string expected)
        where T : struct =>
        Resolve(reference) is { } value ? read(value) ?? throw Wrong(key, reference, $"a variable that holds {expected}") : null;

    private void Flatten(IReadOnlyList<string> above, TomlTable table)
    {
        foreach ((string name, object value) in table)
        {
            string[] parts = [.. above, name];
            if (value is TomlTable inner)
            {
                _tables.Add(parts);
                Flatten(parts, inner);
            }
            else
            {
                string key = string.Join('.', parts);
                _values[key] = value;
                _parts[key] = parts;
            }
        }
    }

    private DeployException Wrong(string key, object value, string expected) => new(
        ErrorTable.InvalidSupabaseConfiguration,
        $"'{_path}': '{key}' is '{value}', expected {expected}.",
        "Correct the file.",
        _path);
}
