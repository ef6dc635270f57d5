using System.Globalization;

namespace SupabaseDeploy.Environments;

/// <summary>Reads one mapping, key by key; what is not as expected becomes a problem and reads as missing.</summary>
internal sealed class MapReader
{
    private readonly ProblemList _problems;
    private readonly Dictionary<string, MapEntry> _entries = [];
    private readonly string[] _keys;
    private readonly string _section;

    private MapReader(MapNode node, string path, string section, ProblemList problems)
    {
        Path = path;
        Line = node.Line;
        _section = section;
        _problems = problems;
        _keys = PipelineKeys.Sections[section];
        foreach (MapEntry entry in node.Entries)
        {
            Accept(entry);
        }
    }

    public string Path { get; }

    public int Line { get; }

    /// <summary>Reads the document's root; null when it is no mapping.</summary>
    public static MapReader? Root(ConfigurationNode node, ProblemList problems)
    {
        if (node is MapNode map)
        {
            return new MapReader(map, "", "", problems);
        }

        problems.Error("", node.Line, $"the file holds {node.Shown}; expected a mapping with 'application' and 'stages'.");
        return null;
    }

    /// <summary>Adds a problem when <paramref name="value"/> is missing though it must be there; nothing when what stands there was wrong.</summary>
    public void Require(string key, string expected)
    {
        if (!_entries.ContainsKey(key))
        {
            _problems.Error(PathOf(key), Line, $"'{key}' is missing; expected {expected}.");
        }
    }

    /// <summary>True when the key is given, whatever its value.</summary>
    public bool Has(string key) => _entries.ContainsKey(key);

    /// <summary>The line of a key that is given.</summary>
    public int LineOf(string key) => _entries[key].Key.Line;

    public Written<string>? Text(string key, string expected, Func<string, bool>? isValid = null)
    {
        if (Scalar(key, expected) is not { } scalar)
        {
            return null;
        }

        if (scalar.Text.Length > 0 && (isValid is null || isValid(scalar.Text)))
        {
            return new Written<string>(scalar.Text, PathOf(key), scalar.Line);
        }

        return Wrong<string>(key, scalar, expected);
    }

    public Written<int>? Number(string key, int least, int most)
    {
        string expected = most == int.MaxValue ? $"a whole number, {least} or more" : $"a whole number from {least} to {most}";
        if (Scalar(key, expected) is not { } scalar)
        {
            return null;
        }

        return scalar.IsPlain && int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? new Written<int>(number, PathOf(key), scalar.Line)
            : Wrong<int>(key, scalar, expected);
    }

    public Written<bool>? Flag(string key)
    {
        const string Expected = "true or false";
        if (Scalar(key, Expected) is not { } scalar)
        {
            return null;
        }

        return scalar.IsPlain && scalar.Text is "true" or "false"
            ? new Written<bool>(scalar.Text == "true", PathOf(key), scalar.Line)
            : Wrong<bool>(key, scalar, Expected);
    }

    public Written<TimeSpan>? Span(string key)
    {
        if (Scalar(key, Duration.Expected) is not { } scalar)
        {
            return null;
        }

        return Duration.TryParse(scalar.Text, out TimeSpan duration) && duration > TimeSpan.Zero
            ? new Written<TimeSpan>(duration, PathOf(key), scalar.Line)
            : Wrong<TimeSpan>(key, scalar, $"{Duration.Expected}, longer than nothing");
    }

    public Written<T>? Choice<T>(string key, IReadOnlyDictionary<string, T> choices)
    {
        string expected = Suggestion.OneOf([.. choices.Keys]);
        if (Scalar(key, expected) is not { } scalar)
        {
            return null;
        }

        return choices.TryGetValue(scalar.Text, out T? choice)
            ? new Written<T>(choice, PathOf(key), scalar.Line)
            : Wrong<T>(key, scalar, expected, Suggestion.For(scalar.Text, choices.Keys));
    }

    public IReadOnlyList<Written<string>> Texts(string key, string expected)
    {
        var texts = new List<Written<string>>();
        foreach ((ConfigurationNode item, string path) in Items(key, expected))
        {
            if (item is ScalarNode { IsNothing: false, Text.Length: > 0 } scalar)
            {
                texts.Add(new Written<string>(scalar.Text, path, scalar.Line));
                continue;
            }

            _problems.Error(path, item.Line, $"{item.Shown} stands here; expected text.");
        }

        return texts;
    }

    public MapReader? Map(string key, string expected)
    {
        switch (Value(key))
        {
            case null:
                return null;
            case MapNode map:
                return new MapReader(map, PathOf(key), SectionOf(key), _problems);
            case { } other:
                _problems.Error(PathOf(key), other.Line, $"{other.Shown} stands here; expected {expected}.");
                return null;
        }
    }

    public IReadOnlyList<MapReader> Maps(string key, string expected)
    {
        var maps = new List<MapReader>();
        foreach ((ConfigurationNode item, string path) in Items(key, expected))
        {
            if (item is MapNode map)
            {
                maps.Add(new MapReader(map, path, SectionOf(key) + "[]", _problems));
                continue;
            }

            _problems.Error(path, item.Line, $"{item.Shown} stands here; expected a mapping.");
        }

        return maps;
    }

    /// <summary>A list whose items are text or mappings.</summary>
    public (IReadOnlyList<Written<string>> Texts, IReadOnlyList<MapReader> Maps) TextsAndMaps(string key, string expected, string expectedItem)
    {
        var texts = new List<Written<string>>();
        var maps = new List<MapReader>();
        foreach ((ConfigurationNode item, string path) in Items(key, expected))
        {
            switch (item)
            {
                case ScalarNode { IsNothing: false, Text.Length: > 0 } scalar:
                    texts.Add(new Written<string>(scalar.Text, path, scalar.Line));
                    break;
                case MapNode map:
                    maps.Add(new MapReader(map, path, SectionOf(key) + "[]", _problems));
                    break;
                default:
                    _problems.Error(path, item.Line, $"{item.Shown} stands here; expected {expectedItem}.");
                    break;
            }
        }

        return (texts, maps);
    }

    /// <summary>The entries of a mapping whose keys are the reader's own affair; keys that stand there twice are reported.</summary>
    public IReadOnlyList<(string Key, ConfigurationNode Value, string Path)> Entries(string key, string expected)
    {
        switch (Value(key))
        {
            case null:
                return [];
            case MapNode map:
                foreach (MapEntry twice in map.Entries.GroupBy(entry => entry.Key.Text).SelectMany(same => same.Skip(1)))
                {
                    _problems.Error($"{PathOf(key)}.{twice.Key.Text}", twice.Key.Line, $"'{twice.Key.Text}' is given twice; expected it once.");
                }

                return [.. map.Entries.DistinctBy(entry => entry.Key.Text).Select(entry => (entry.Key.Text, entry.Value, $"{PathOf(key)}.{entry.Key.Text}"))];
            case { } other:
                _problems.Error(PathOf(key), other.Line, $"{other.Shown} stands here; expected {expected}.");
                return [];
        }
    }

    private void Accept(MapEntry entry)
    {
        string key = entry.Key.Text;
        if (!_keys.Contains(key))
        {
            _problems.Error(PathOf(key), entry.Key.Line, $"'{key}' is not a key of this section; expected {Suggestion.OneOf(_keys)}.{Suggestion.For(key, _keys)}");
            return;
        }

        if (!_entries.TryAdd(key, entry))
        {
            _problems.Error(PathOf(key), entry.Key.Line, $"'{key}' is given twice, first on line {_entries[key].Key.Line}; expected it once.");
        }
    }

    private IEnumerable<(ConfigurationNode Item, string Path)> Items(string key, string expected)
    {
        switch (Value(key))
        {
            case null:
                return [];
            case ListNode list:
                return list.Items.Select((item, index) => (item, $"{PathOf(key)}[{index}]"));
            case { } other:
                _problems.Error(PathOf(key), other.Line, $"{other.Shown} stands here; expected {expected}.");
                return [];
        }
    }

    private ScalarNode? Scalar(string key, string expected)
    {
        switch (Value(key))
        {
            case null:
                return null;
            case ScalarNode { IsNothing: false } scalar:
                return scalar;
            case { } other:
                _problems.Error(PathOf(key), other.Line, $"{other.Shown} stands here; expected {expected}.");
                return null;
        }
    }

    private ConfigurationNode? Value(string key) =>
        _keys.Contains(key)
            ? _entries.GetValueOrDefault(key)?.Value
            : throw new InvalidOperationException($"Section '{_section}' reads a key '{key}' that {nameof(PipelineKeys)} does not list.");

    private Written<T>? Wrong<T>(string key, ScalarNode scalar, string expected, string suggestion = "")
    {
        _problems.Error(PathOf(key), scalar.Line, $"{scalar.Shown} cannot be used; expected {expected}.{suggestion}");
        return null;
    }

    private string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    private string SectionOf(string key) => _section.Length == 0 ? key : $"{_section}.{key}";
}
