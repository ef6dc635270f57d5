using SupabaseDeploy.Migrations.Rules;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Migrations.Rules;

/// <summary>A page of <c>docs/rules</c>, with its examples: each block of SQL is a file.</summary>
internal sealed class RulePage
{
    private readonly string[] _lines;

    private RulePage(string id, string[] lines)
    {
        Id = id;
        _lines = lines;
    }

    public static string Folder { get; } = Path.Combine(Repository.Root, "docs", "rules");

    public static IEnumerable<string> Ids => Directory.GetFiles(Folder, "*.md").Select(path => Path.GetFileNameWithoutExtension(path)!).Where(name => name is not ("README" or "squawk")).Order();

    public string Id { get; }

    public string Title => _lines[0];

    public string Headline => _lines[2];

    public IReadOnlyList<RuleFile> Given => Examples("Given");

    public IReadOnlyList<RuleFile> Found => Examples("Found");

    public IReadOnlyList<RuleFile> Better => Examples("Better");

    public static RulePage Read(string id) => new(id, File.ReadAllLines(Path.Combine(Folder, id + ".md")));

    private List<RuleFile> Examples(string heading)
    {
        var files = new List<RuleFile>();
        List<string>? block = null;
        foreach (string line in _lines.SkipWhile(line => line != $"## {heading}").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)))
        {
            if (line == "```sql")
            {
                block = [];
            }
            else if (line == "```")
            {
                files.Add(new RuleFile($"{heading.ToLowerInvariant()}-{files.Count + 1}.sql", string.Join('\n', block!) + "\n"));
                block = null;
            }
            else
            {
                block?.Add(line);
            }
        }

        return files;
    }
}
