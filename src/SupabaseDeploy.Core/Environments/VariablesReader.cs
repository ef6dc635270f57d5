using System.Text;
using System.Text.Json;

namespace SupabaseDeploy.Environments;

/// <summary>
/// Reads <c>env/&lt;name&gt;.json</c> as <c>flutter --dart-define-from-file</c> does: one flat JSON object. It is compiled into the client,
/// so that a secret in it is refused.
/// </summary>
internal sealed class VariablesReader
{
    /// <summary>For editors. Flutter makes it one more define that nobody reads; here it is no variable.</summary>
    public const string SchemaKey = "$schema";

    private readonly ProblemList _problems;
    private readonly byte[] _json;
    private readonly Dictionary<string, string> _values = [];
    private readonly Dictionary<string, int> _lines = [];

    private VariablesReader(string text, ProblemList problems)
    {
        _json = Encoding.UTF8.GetBytes(text);
        _problems = problems;
    }

    /// <summary>The values of the file; what is wrong with it is added to the problems.</summary>
    public static IReadOnlyDictionary<string, string> Read(string text, ProblemList problems)
    {
        var reader = new VariablesReader(text, problems);
        try
        {
            reader.ReadObject();
        }
        catch (JsonException e)
        {
            problems.Error("", (int)(e.LineNumber ?? 0) + 1, $"the JSON cannot be read at column {(e.BytePositionInLine ?? 0) + 1}: {Cause(e)}");
        }

        return reader._values;
    }

    private void ReadObject()
    {
        if (_json.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
        {
            _problems.Error("", 0, "the file is empty; expected a JSON object.");
            return;
        }

        // Flutter takes a file that does not start with a brace for a .env file.
        if (_json[0] != '{')
        {
            _problems.Error("", 1, "the file does not start with '{'; expected one flat JSON object.");
            return;
        }

        var json = new Utf8JsonReader(_json);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = json.GetString()!;
            int line = LineOf(json.TokenStartIndex);
            CheckKey(key, line);
            json.Read();
            ReadValue(key, line, ref json);
        }

        // Reads on to the end, so that text after the object is an error.
        while (json.Read())
        {
        }
    }

    private void ReadValue(string key, int line, ref Utf8JsonReader json)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.String:
                AddText(key, line, json.GetString()!);
                break;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                _values[key] = Encoding.UTF8.GetString(json.ValueSpan);
                break;
            default:
                string shown = json.TokenType switch { JsonTokenType.StartObject => "an object", JsonTokenType.StartArray => "a list", _ => "null" };
                json.Skip();
                _problems.Error(key, line, $"{shown} stands here; expected text, a number, true or false.");
                break;
        }
    }

    private void AddText(string key, int line, string value)
    {
        if (PublicValue.SecretIn(value) is { } secret)
        {
            _problems.Error(key, line, $"the value is {secret}, and this file is compiled into the client; expected public values only.");
        }
        else if (PublicValue.SecretWordIn(key) is { } word)
        {
            _problems.Error(key, line, $"the name says '{word}', and this file is compiled into the client; expected public values only, or 'PUBLIC' in the name where everybody may see the value.");
        }

        if (key != SchemaKey)
        {
            _values[key] = value;
        }
    }

    private void CheckKey(string key, int line)
    {
        if (!_lines.TryAdd(key, line))
        {
            _problems.Error(key, line, $"'{key}' is given twice, first on line {_lines[key]}; expected it once.");
        }

        if (key != SchemaKey && (key.Length == 0 || !key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' or '-')))
        {
            _problems.Error(key, line, $"'{key}' cannot be the name of a Dart define; expected letters, digits, '_', '.' and '-'.");
        }
    }

    private int LineOf(long offset) => _json.AsSpan(0, (int)offset).Count((byte)'\n') + 1;

    /// <summary>The parser's own words without its position, as one clause.</summary>
    private static string Cause(JsonException e)
    {
        string message = e.Message.Split(" LineNumber:")[0].Replace(" Change the reader options.", "", StringComparison.Ordinal).TrimEnd('.', ' ');
        return char.ToLowerInvariant(message[0]) + message[1..] + ".";
    }
}
