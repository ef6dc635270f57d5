using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using YamlDotNet.RepresentationModel;

namespace SupabaseDeploy.Help;

/// <summary>One page of docs/en-US, in the layout that PlatyPS made customary.</summary>
internal sealed class HelpPage
{
    private readonly string _path;
    private readonly Dictionary<string, List<Block>> _sections = new(StringComparer.Ordinal);

    private HelpPage(string path, string name)
    {
        _path = path;
        Name = name;
    }

    public string Name { get; }

    public IReadOnlyList<string> Synopsis => Paragraphs("SYNOPSIS");

    public IReadOnlyList<string> Description => Paragraphs("DESCRIPTION");

    public IReadOnlyList<string> Inputs => Headings("INPUTS");

    public IReadOnlyList<string> Outputs => Headings("OUTPUTS");

    public IReadOnlyList<string> Notes => Paragraphs("NOTES", optional: true);

    public IReadOnlyList<HelpExample> Examples =>
        [.. Subsections("EXAMPLES").Select(part => new HelpExample(part.Title, Code(part.Blocks), Texts(part.Blocks)))];

    public IReadOnlyList<HelpParameter> Parameters =>
        [.. Subsections("PARAMETERS").Where(part => part.Title.StartsWith('-')).Select(part => Parameter(part.Title, part.Blocks))];

    public static HelpPage Read(string path)
    {
        string text = File.ReadAllText(path);
        MarkdownDocument document = Markdown.Parse(text, new MarkdownPipelineBuilder().UseYamlFrontMatter().Build());
        HeadingBlock title = document.OfType<HeadingBlock>().FirstOrDefault(heading => heading.Level == 1)
            ?? throw new InvalidDataException($"{path}: the page has no '# Verb-Noun' heading.");
        var page = new HelpPage(path, Text(title.Inline));
        List<Block>? section = null;
        foreach (Block block in document)
        {
            if (block is HeadingBlock { Level: 2 } heading)
            {
                page._sections[Text(heading.Inline).ToUpperInvariant()] = section = [];
            }
            else
            {
                section?.Add(block);
            }
        }

        return page;
    }

    private List<Block> Section(string name, bool optional) =>
        _sections.TryGetValue(name, out List<Block>? blocks) ? blocks
        : optional ? []
        : throw new InvalidDataException($"{_path}: the section '## {name}' is missing.");

    private List<string> Paragraphs(string section, bool optional = false) => Texts(Section(section, optional));

    private List<string> Headings(string section) =>
        [.. Section(section, optional: true).OfType<HeadingBlock>().Select(heading => Text(heading.Inline))];

    private IEnumerable<(string Title, List<Block> Blocks)> Subsections(string section)
    {
        (string Title, List<Block> Blocks)? current = null;
        foreach (Block block in Section(section, optional: false))
        {
            if (block is HeadingBlock { Level: 3 } heading)
            {
                if (current is { } finished)
                {
                    yield return finished;
                }

                current = (Text(heading.Inline), []);
            }
            else
            {
                current?.Blocks.Add(block);
            }
        }

        if (current is { } last)
        {
            yield return last;
        }
    }

    private HelpParameter Parameter(string title, List<Block> blocks)
    {
        FencedCodeBlock yaml = blocks.OfType<FencedCodeBlock>().FirstOrDefault(code => code.Info == "yaml")
            ?? throw new InvalidDataException($"{_path}: parameter '{title}' has no yaml block.");
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml.Lines.ToString()));
        var facts = ((YamlMappingNode)stream.Documents[0].RootNode).Children.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value.ToString());
        string Fact(string key) => facts.TryGetValue(key, out string? value) ? value
            : throw new InvalidDataException($"{_path}: the yaml block of parameter '{title}' has no '{key}'.");
        return new HelpParameter(
            title.TrimStart('-'),
            Fact("Type"),
            [.. Fact("Parameter Sets").Split(',', StringSplitOptions.TrimEntries)],
            facts.GetValueOrDefault("Aliases", ""),
            Fact("Required").Equals("true", StringComparison.OrdinalIgnoreCase),
            Fact("Position"),
            facts.GetValueOrDefault("Default value", "None"),
            Fact("Accept pipeline input"),
            facts.GetValueOrDefault("Accept wildcard characters", "False").Equals("true", StringComparison.OrdinalIgnoreCase),
            Texts(blocks));
    }

    private static string Code(IEnumerable<Block> blocks) =>
        string.Join("\n\n", blocks.OfType<FencedCodeBlock>().Where(code => code.Info is "powershell" or "pwsh" or "").Select(code => code.Lines.ToString()));

    private static List<string> Texts(IEnumerable<Block> blocks) =>
        [.. blocks.SelectMany(block => block switch
        {
            ParagraphBlock paragraph => [Text(paragraph.Inline)],
            ListBlock list => list.OfType<ListItemBlock>().Select(item => "- " + string.Join(" ", Texts(item))),
            QuoteBlock quote => Texts(quote),
            _ => Enumerable.Empty<string>(),
        })];

    private static string Text(ContainerInline? inline) =>
        inline is null ? "" : string.Concat(inline.Select(part => part switch
        {
            LiteralInline literal => literal.Content.ToString(),
            CodeInline code => code.Content,
            LineBreakInline => " ",
            HtmlEntityInline entity => entity.Transcoded.ToString(),
            ContainerInline container => Text(container),
            AutolinkInline link => link.Url,
            _ => "",
        }));
}

internal sealed record HelpExample(string Title, string Code, IReadOnlyList<string> Remarks);

internal sealed record HelpParameter(
    string Name,
    string Type,
    IReadOnlyList<string> Sets,
    string Aliases,
    bool IsRequired,
    string Position,
    string DefaultValue,
    string PipelineInput,
    bool AcceptsWildcards,
    IReadOnlyList<string> Description)
{
    public const string EverySet = "(All)";

    public bool IsSwitch => Type is "SwitchParameter";
}
