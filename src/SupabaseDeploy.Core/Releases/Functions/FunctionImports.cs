using System.Text.RegularExpressions;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Releases;

/// <summary>
/// Follows the imports of one function through files of the project, as Deno resolves them: relative to the importing file, or by the
/// import map. What comes from elsewhere (<c>npm:</c>, <c>jsr:</c>, <c>https:</c>) is fetched by whoever runs the function.
/// </summary>
internal sealed partial class FunctionImports(string root, string slug, IProgressSink sink)
{
    private static readonly string[] s_code = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

    private readonly HashSet<string> _found = new(StringComparer.Ordinal);
    private readonly Queue<string> _waiting = [];
    private ImportMap _map = ImportMap.Empty;

    /// <summary>Every file that is reached, absolute, with the entry point and the files of the import map.</summary>
    /// <exception cref="DeployException">An import leads out of the project, or the import map cannot be read.</exception>
    public IReadOnlyCollection<string> Follow(string entryPoint, string? importMap)
    {
        Reach(entryPoint);
        if (importMap is not null)
        {
            _found.Add(importMap);
            _map = ImportMap.Read(importMap);
            _found.UnionWith(_map.Files);
        }

        while (_waiting.TryDequeue(out string? file))
        {
            foreach (string specifier in Specifiers(File.ReadAllText(file)))
            {
                FollowOne(file, specifier);
            }
        }

        return _found;
    }

    private void FollowOne(string file, string specifier)
    {
        if (_map.Resolve(specifier, file) is not { } target)
        {
            return;
        }

        if (!ReleasePath.IsBelow(root, target))
        {
            throw ReleasePath.Refused(file, $"it imports '{specifier}', which is outside of the project '{root}'");
        }

        if (File.Exists(target))
        {
            Reach(target);
            return;
        }

        sink.Publish(new Caution($"Function '{slug}': '{ReleasePath.Of(root, file)}' imports '{specifier}', and there is no file '{ReleasePath.Of(root, target)}'."));
    }

    private void Reach(string file)
    {
        if (_found.Add(file) && s_code.Contains(Path.GetExtension(file)))
        {
            ReleasePath.EnsureInside(root, file);
            _waiting.Enqueue(file);
        }
    }

    // An import inside of a comment is followed too: it can only add a file, where a parser of TypeScript could miss one.
    private static IEnumerable<string> Specifiers(string text) =>
        Import().Matches(text).Select(match => match.Groups.Values.Skip(1).First(group => group.Success).Value).Distinct(StringComparer.Ordinal);

    [GeneratedRegex(
        """
        \b(?:import|export)\b[^'"`;()]*?\bfrom\s*(?:'([^'\r\n]+)'|"([^"\r\n]+)")
        |\bimport\s*(?:'([^'\r\n]+)'|"([^"\r\n]+)")
        |\bimport\s*\(\s*(?:'([^'\r\n]+)'|"([^"\r\n]+)"|`([^`$\r\n]+)`)
        |\bnew\s+URL\s*\(\s*(?:'(\.{1,2}/[^'\r\n]+)'|"(\.{1,2}/[^"\r\n]+)"|`(\.{1,2}/[^`$\r\n]+)`)\s*,\s*import\.meta\.url
        |<reference\s+(?:path|types)\s*=\s*(?:'(\.{1,2}/[^'\r\n]+)'|"(\.{1,2}/[^"\r\n]+)")
        |@(?:deno|ts)-types\s*=\s*(?:'(\.{1,2}/[^'\r\n]+)'|"(\.{1,2}/[^"\r\n]+)")
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Import();
}
