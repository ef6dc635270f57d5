using System.Globalization;
using System.Text.RegularExpressions;
using SupabaseDeploy.Errors;
using Tomlyn;
using Tomlyn.Model;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// The table <c>[db.seed]</c> of <c>supabase/config.toml</c>. Everything else in the file is the CLI's own affair.
/// A value <c>env(NAME)</c> is the environment variable's, as the CLI takes it.
/// </summary>
/// <param name="IsEnabled">Whether seeds run at all.</param>
/// <param name="Paths">Files, folders and patterns, relative to the folder <c>supabase</c>, in the order they run.</param>
internal sealed partial record SeedSettings(bool IsEnabled, IReadOnlyList<string> Paths)
{
    /// <summary>What holds where nothing is said.</summary>
    public static SeedSettings Default { get; } = new(true, ["./seed.sql"]);

    /// <exception cref="DeployException"><see cref="ErrorTable.InvalidSupabaseConfiguration"/> with the line, the column and the key.</exception>
    public static SeedSettings Parse(string path, string text)
    {
        TomlTable document = ReadDocument(path, text);
        TomlTable? seed = Table(path, text, Table(path, text, document, "db"), "db.seed");
        return seed is null ? Default : new(IsEnabledIn(path, text, seed), PathsIn(path, text, seed));
    }

    private static TomlTable ReadDocument(string path, string text)
    {
        try
        {
            return TomlSerializer.Deserialize<TomlTable>(text) ?? [];
        }
        catch (TomlException e)
        {
            throw Invalid(path, e.Line is int line ? (line, e.Column ?? 1) : null, $"is not TOML: {Cause(e)}", "Correct the file.", e);
        }
    }

    // The library's message begins with the place, which is said already.
    private static string Cause(TomlException e) => PlacePrefix().Replace(e.Message.Split('\n')[0].Trim(), "");

    private static TomlTable? Table(string path, string text, TomlTable? parent, string key) => Value(parent, key[(key.LastIndexOf('.') + 1)..]) switch
    {
        null => null,
        TomlTable table => table,
        object other => throw WrongType(path, text, key, other, "a table"),
    };

    private static bool IsEnabledIn(string path, string text, TomlTable seed) => Value(seed, "enabled") switch
    {
        null => true,
        bool enabled => enabled,
        string written when bool.TryParse(Resolved(written), out bool enabled) => enabled,
        object other => throw WrongType(path, text, "db.seed.enabled", other, "true or false"),
    };

    private static IReadOnlyList<string> PathsIn(string path, string text, TomlTable seed) => Value(seed, "sql_paths") switch
    {
        null => Default.Paths,
        string one => [Resolved(one)],
        TomlArray array => [.. array.Select(item => item is string one ? Resolved(one) : throw WrongType(path, text, "db.seed.sql_paths", item!, "an array of strings"))],
        object other => throw WrongType(path, text, "db.seed.sql_paths", other, "an array of strings"),
    };

    private static object? Value(TomlTable? table, string key) => table is not null && table.TryGetValue(key, out object? value) ? value : null;

    private static string Resolved(string value) =>
        VariableReference().Match(value) is { Success: true } match && System.Environment.GetEnvironmentVariable(match.Groups[1].Value) is { Length: > 0 } variable ? variable : value;

    private static DeployException WrongType(string path, string text, string key, object value, string expected)
    {
        string shown = value switch
        {
            string written => $"'{written}'",
            bool written => written ? "true" : "false",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value is TomlArray ? "an array" : "a table",
        };
        return Invalid(path, PlaceOf(text, key), $"'{key}' is {shown}; it must be {expected}.", $"Write '{key}' as {expected}.", null);
    }

    /// <summary>Where a key is written, be it in a table of its own or with dots.</summary>
    private static (int Line, int Column)? PlaceOf(string text, string key)
    {
        SyntaxNode? found = SyntaxParser.Parse(text).Descendants().OfType<SyntaxNode>().FirstOrDefault(node => FullKey(node) is { } full && (full == key || full.StartsWith(key + '.', StringComparison.Ordinal)));
        return found is null ? null : (found.Span.Start.Line + 1, found.Span.Start.Column + 1);
    }

    private static string? FullKey(SyntaxNode node) => node switch
    {
        TableSyntaxBase table => table.Name?.ToString().Trim(),
        KeyValueSyntax { Parent.Parent: TableSyntaxBase table } pair => $"{table.Name?.ToString().Trim()}.{pair.Key?.ToString().Trim()}",
        KeyValueSyntax pair => pair.Key?.ToString().Trim(),
        _ => null,
    };

    private static DeployException Invalid(string path, (int Line, int Column)? place, string what, string remedy, Exception? inner) => new(
        ErrorTable.InvalidSupabaseConfiguration,
        place is (int line, int column) ? $"'{path}', line {line}, column {column}: {what}" : $"'{path}': {what}",
        remedy,
        path,
        inner);

    [GeneratedRegex(@"\Aenv\(([A-Za-z_][A-Za-z0-9_]*)\)\z")]
    private static partial Regex VariableReference();

    [GeneratedRegex(@"\A[^()]*\(\d+, *\d+\)\s*:\s*(error\s*:\s*)?")]
    private static partial Regex PlacePrefix();
}
