using System.Text.Json;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Releases;

/// <summary>
/// What an import map, or a <c>deno.json</c> with <c>imports</c>, makes of specifiers
/// (<see href="https://docs.deno.com/runtime/fundamentals/configuration/"/>).
/// </summary>
internal sealed class ImportMap
{
    private static readonly JsonDocumentOptions s_json = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly string _folder;
    private readonly Dictionary<string, string> _imports;

    private ImportMap(string folder, Dictionary<string, string> imports, IReadOnlyList<string> files)
    {
        _folder = folder;
        _imports = imports;
        Files = files;
    }

    /// <summary>The map that changes nothing.</summary>
    public static ImportMap Empty { get; } = new("", [], []);

    /// <summary>The files the map was read from, absolute.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Reads an import map or a <c>deno.json</c>; one that names another file in <c>importMap</c> is read with it.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.ReleaseContentRefused"/>: it is not JSON.</exception>
    public static ImportMap Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), s_json);
            if (document.RootElement.TryGetProperty("imports", out JsonElement imports) || !document.RootElement.TryGetProperty("importMap", out JsonElement other))
            {
                Dictionary<string, string> targets = imports.ValueKind == JsonValueKind.Object
                    ? imports.EnumerateObject().Where(entry => entry.Value.ValueKind == JsonValueKind.String).ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!)
                    : [];
                return new ImportMap(Path.GetDirectoryName(path)!, Scoped(document.RootElement, targets), [path]);
            }

            string named = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, other.GetString()!));
            ImportMap map = Read(named);
            return new ImportMap(map._folder, map._imports, [path, .. map.Files]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException)
        {
            throw ReleasePath.Refused(path, $"it is no import map that can be read: {e.Message.TrimEnd('.')}");
        }
    }

    /// <summary>The file of the project that an import stands for, absolute; null for what comes from elsewhere.</summary>
    public string? Resolve(string specifier, string importer)
    {
        if (Mapped(specifier) is { } mapped)
        {
            return IsRelative(mapped) || mapped.StartsWith('/') ? Path.GetFullPath(Path.Combine(_folder, mapped)) : FileOf(mapped);
        }

        return IsRelative(specifier) || specifier.StartsWith('/')
            ? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(importer)!, WithoutQuery(specifier)))
            : FileOf(specifier);
    }

    // The scopes of a map only say more of where packages come from; a file of the project that they name belongs to the function all the same.
    private static Dictionary<string, string> Scoped(JsonElement root, Dictionary<string, string> targets)
    {
        if (root.TryGetProperty("scopes", out JsonElement scopes) && scopes.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty entry in scopes.EnumerateObject().Where(scope => scope.Value.ValueKind == JsonValueKind.Object).SelectMany(scope => scope.Value.EnumerateObject()))
            {
                if (entry.Value.ValueKind == JsonValueKind.String)
                {
                    targets.TryAdd(entry.Name, entry.Value.GetString()!);
                }
            }
        }

        return targets;
    }

    private string? Mapped(string specifier)
    {
        if (_imports.TryGetValue(specifier, out string? exact))
        {
            return exact;
        }

        string? prefix = _imports.Keys.Where(key => key.EndsWith('/') && specifier.StartsWith(key, StringComparison.Ordinal)).MaxBy(key => key.Length);
        return prefix is null ? null : _imports[prefix] + specifier[prefix.Length..];
    }

    private static bool IsRelative(string specifier) =>
        specifier.StartsWith("./", StringComparison.Ordinal) || specifier.StartsWith("../", StringComparison.Ordinal);

    private static string? FileOf(string specifier) =>
        specifier.StartsWith("file://", StringComparison.Ordinal) && Uri.TryCreate(specifier, UriKind.Absolute, out Uri? uri) ? uri.LocalPath : null;

    private static string WithoutQuery(string specifier) => specifier.Split('?', '#')[0];
}
