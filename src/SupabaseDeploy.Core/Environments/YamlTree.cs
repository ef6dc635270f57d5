using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SupabaseDeploy.Environments;

/// <summary>
/// Builds nodes with positions from YamlDotNet's events: its deserializer needs reflection, which costs more time than a command
/// may take to its first result, and its representation model throws at the first duplicate key.
/// </summary>
internal sealed class YamlTree
{
    // The file needs six levels; thousands of brackets must not end the process with a stack overflow.
    private const int MaximumDepth = 32;

    private readonly IParser _parser;
    private int _depth;
    private readonly Dictionary<string, ConfigurationNode> _anchors = [];

    private YamlTree(string text) => _parser = new Parser(new StringReader(text));

    /// <summary>The file's one document; null when it is empty or a problem was added.</summary>
    public static ConfigurationNode? Parse(string text, ProblemList problems)
    {
        var tree = new YamlTree(text);
        try
        {
            return tree.ReadDocument();
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's scanner throws this, without a place, at a plain value that a bracket or the end of the file cuts off.
            Mark last = tree._parser.Current?.End ?? Mark.Empty;
            problems.Error("", (int)last.Line, $"the YAML cannot be read after column {last.Column}: a value is cut off.");
            return null;
        }
        catch (YamlException e)
        {
            int[] tabs = LinesIndentedWithTabs(text);
            foreach (int line in tabs)
            {
                problems.Error("", line, "the line is indented with a tab; expected spaces.");
            }

            if (tabs.Length == 0)
            {
                problems.Error("", (int)e.Start.Line, $"the YAML cannot be read at column {e.Start.Column}: {Cause(e)}");
            }

            return null;
        }
    }

    private ConfigurationNode? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
        {
            return null;
        }

        ConfigurationNode node = ReadNode();
        _parser.Consume<DocumentEnd>();
        if (_parser.TryConsume<DocumentStart>(out DocumentStart? second))
        {
            throw new YamlException(second.Start, second.End, "a second document starts here; expected one document");
        }

        return node is ScalarNode { IsNothing: true } ? null : node;
    }

    private ConfigurationNode ReadNode()
    {
        if (_parser.TryConsume<AnchorAlias>(out AnchorAlias? alias))
        {
            return _anchors.TryGetValue(alias.Value.Value, out ConfigurationNode? target)
                ? target
                : throw new YamlException(alias.Start, alias.End, $"the alias '*{alias.Value.Value}' has no anchor before it");
        }

        AnchorName anchor = _parser.Accept<NodeEvent>(out NodeEvent? next) ? next.Anchor : AnchorName.Empty;
        ConfigurationNode node = next switch
        {
            Scalar => ReadScalar(),
            SequenceStart or MappingStart when _depth == MaximumDepth => throw new YamlException(next.Start, next.End, $"lists and mappings are nested more than {MaximumDepth} deep"),
            SequenceStart => ReadList(),
            MappingStart => ReadMap(),
            _ => throw new YamlException(_parser.Current!.Start, _parser.Current.End, "a value is missing"),
        };
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = node;
        }

        return node;
    }

    private ScalarNode ReadScalar()
    {
        Scalar scalar = _parser.Consume<Scalar>();
        return new ScalarNode((int)scalar.Start.Line, scalar.Value, scalar.Style == ScalarStyle.Plain);
    }

    private ListNode ReadList()
    {
        int line = (int)_parser.Consume<SequenceStart>().Start.Line;
        var items = new List<ConfigurationNode>();
        _depth++;
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode());
        }

        _depth--;
        return new ListNode(line, items);
    }

    private MapNode ReadMap()
    {
        int line = (int)_parser.Consume<MappingStart>().Start.Line;
        var entries = new List<MapEntry>();
        _depth++;
        while (!_parser.TryConsume<MappingEnd>(out MappingEnd? _))
        {
            ParsingEvent start = _parser.Current!;
            ScalarNode key = ReadNode() as ScalarNode ?? throw new YamlException(start.Start, start.End, "a key is a list or a mapping; expected text");
            entries.Add(new MapEntry(key, ReadNode()));
        }

        _depth--;
        return new MapNode(line, entries);
    }

    private static int[] LinesIndentedWithTabs(string text) =>
    [
        .. text.Split('\n')
            .Select((line, index) => (Indentation: line[..^line.TrimStart(' ', '\t').Length], Number: index + 1, IsBlank: string.IsNullOrWhiteSpace(line)))
            .Where(line => !line.IsBlank && line.Indentation.Contains('\t', StringComparison.Ordinal))
            .Select(line => line.Number),
    ];

    /// <summary>The parser's own words, as one clause.</summary>
    private static string Cause(YamlException e)
    {
        string message = e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
        return char.ToLowerInvariant(message[0]) + message[1..] + ".";
    }
}
