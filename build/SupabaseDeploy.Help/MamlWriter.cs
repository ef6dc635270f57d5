using System.Xml.Linq;

namespace SupabaseDeploy.Help;

/// <summary>Writes pages as the MAML that Get-Help reads.</summary>
internal static class MamlWriter
{
    private static readonly XNamespace Items = "http://msh";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static XDocument Document(IEnumerable<HelpPage> pages) =>
        new(new XElement(Items + "helpItems", new XAttribute("schema", "maml"), pages.Select(Page)));

    private static XElement Page(HelpPage page)
    {
        string[] words = page.Name.Split('-', 2);
        return new XElement(
            Command + "command",
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(
                Command + "details",
                new XElement(Command + "name", page.Name),
                new XElement(Command + "verb", words[0]),
                new XElement(Command + "noun", words[^1]),
                new XElement(Maml + "description", Paragraphs(page.Synopsis))),
            new XElement(Maml + "description", Paragraphs(page.Description)),
            new XElement(Command + "syntax", SyntaxSets(page).Select(set => SyntaxItem(page, set))),
            new XElement(Command + "parameters", page.Parameters.Select(parameter => Parameter(parameter, forSyntax: false))),
            new XElement(Command + "inputTypes", page.Inputs.Select(type => new XElement(Command + "inputType", TypeElement(type)))),
            new XElement(Command + "returnValues", page.Outputs.Select(type => new XElement(Command + "returnValue", TypeElement(type)))),
            new XElement(Maml + "alertSet", new XElement(Maml + "alert", Paragraphs(page.Notes))),
            new XElement(Command + "examples", page.Examples.Select(Example)));
    }

    private static IEnumerable<string> SyntaxSets(HelpPage page)
    {
        string[] named = [.. page.Parameters.SelectMany(parameter => parameter.Sets).Where(set => set != HelpParameter.EverySet).Distinct()];
        return named.Length > 0 ? named : [HelpParameter.EverySet];
    }

    private static XElement SyntaxItem(HelpPage page, string set) =>
        new(
            Command + "syntaxItem",
            new XElement(Maml + "name", page.Name),
            page.Parameters
                .Where(parameter => parameter.Sets.Contains(set) || parameter.Sets.Contains(HelpParameter.EverySet))
                .OrderBy(parameter => int.TryParse(parameter.Position, out int position) ? position : int.MaxValue)
                .ThenByDescending(parameter => parameter.IsRequired)
                .Select(parameter => Parameter(parameter, forSyntax: true)));

    private static XElement Parameter(HelpParameter parameter, bool forSyntax) =>
        new(
            Command + "parameter",
            new XAttribute("required", parameter.IsRequired ? "true" : "false"),
            new XAttribute("position", parameter.Position.ToLowerInvariant()),
            new XAttribute("pipelineInput", parameter.PipelineInput),
            new XAttribute("globbing", parameter.AcceptsWildcards ? "true" : "false"),
            new XAttribute("variableLength", parameter.Type.EndsWith("[]", StringComparison.Ordinal) ? "true" : "false"),
            new XAttribute("aliases", parameter.Aliases.Length > 0 ? parameter.Aliases : "none"),
            new XElement(Maml + "name", parameter.Name),
            new XElement(Maml + "description", Paragraphs(parameter.Description)),
            forSyntax && parameter.IsSwitch
                ? null
                : new XElement(Command + "parameterValue", new XAttribute("required", "true"), parameter.Type),
            new XElement(Dev + "type", new XElement(Maml + "name", parameter.Type)),
            new XElement(Dev + "defaultValue", parameter.DefaultValue));

    private static XElement Example(HelpExample example) =>
        new(
            Command + "example",
            new XElement(Maml + "title", $"--- {example.Title} ---"),
            new XElement(Dev + "code", example.Code),
            // Get-Help writes the next title right below: the empty paragraph parts them.
            new XElement(Dev + "remarks", Paragraphs([.. example.Remarks, ""])));

    private static XElement TypeElement(string type) => new(Dev + "type", new XElement(Maml + "name", type));

    private static IEnumerable<XElement> Paragraphs(IEnumerable<string> paragraphs) =>
        paragraphs.Select(paragraph => new XElement(Maml + "para", paragraph));
}
