using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SupabaseDeploy.LocalStack;

/// <summary>One flat JSON object as text: values are replaced and added, everything else stays as somebody wrote it.</summary>
internal sealed class FlatJson
{
    private readonly byte[] _json;
    private readonly Dictionary<string, Range> _values = [];
    private readonly Dictionary<string, string> _texts = [];
    private int _lastKey;

    /// <param name="text">A JSON object without objects in it.</param>
    /// <exception cref="JsonException">It is something else.</exception>
    public FlatJson(string text)
    {
        _json = Encoding.UTF8.GetBytes(text);
        var json = new Utf8JsonReader(_json);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = json.GetString()!;
            _lastKey = (int)json.TokenStartIndex;
            json.Read();
            _values[key] = (int)json.TokenStartIndex..(int)json.BytesConsumed;
            _texts[key] = json.TokenType == JsonTokenType.String ? json.GetString()! : Encoding.UTF8.GetString(json.ValueSpan);
        }
    }

    /// <summary>The values as text.</summary>
    public IReadOnlyDictionary<string, string> Texts => _texts;

    /// <summary>The object with these values: new ones at its end.</summary>
    public string With(IReadOnlyList<(string Key, string Value)> values)
    {
        var changed = new List<byte>(_json);
        IEnumerable<(string Key, string Value)> added = values.Where(value => !_values.ContainsKey(value.Key));
        Insert(changed, added);
        foreach ((Range at, string value) in values.Where(value => _values.ContainsKey(value.Key)).Select(value => (_values[value.Key], value.Value)).OrderByDescending(value => value.Item1.Start.Value))
        {
            changed.RemoveRange(at.Start.Value, at.End.Value - at.Start.Value);
            changed.InsertRange(at.Start.Value, Encoding.UTF8.GetBytes(Quoted(value)));
        }

        return Encoding.UTF8.GetString([.. changed]);
    }

    private void Insert(List<byte> json, IEnumerable<(string Key, string Value)> added)
    {
        string separator = _values.Count == 0 ? "\n  " : Encoding.UTF8.GetString(SpaceBeforeLastKey());
        IEnumerable<string> entries = added.Select(value => $"{separator}{Quoted(value.Key)}: {Quoted(value.Value)}");
        int at = _values.Count == 0 ? Array.IndexOf(_json, (byte)'{') + 1 : _values.Values.Max(value => value.End.Value);
        string text = string.Join(',', entries);
        string inserted = text.Length == 0 ? "" : _values.Count == 0 ? text + "\n" : "," + text;
        json.InsertRange(at, Encoding.UTF8.GetBytes(inserted));
    }

    /// <summary>What the file has between an entry and the next: a line break and its indentation, or a space.</summary>
    private ReadOnlySpan<byte> SpaceBeforeLastKey()
    {
        ReadOnlySpan<byte> before = _json.AsSpan(0, _lastKey);
        int start = before.LastIndexOfAnyExcept(" \t\r\n"u8) + 1;
        ReadOnlySpan<byte> space = before[start..];
        return space.IsEmpty ? " "u8 : space;
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
