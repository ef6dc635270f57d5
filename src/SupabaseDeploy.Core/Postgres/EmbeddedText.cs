using System.Reflection;

namespace SupabaseDeploy.Postgres;

/// <summary>The texts in this assembly, by path with forward slashes. They are the same everywhere, whatever line endings they were compiled with.</summary>
internal static class EmbeddedText
{
    private static readonly Assembly s_assembly = typeof(EmbeddedText).Assembly;
    private static readonly Dictionary<string, string> s_names = s_assembly.GetManifestResourceNames().ToDictionary(name => name.Replace('\\', '/'));

    /// <summary>The paths that begin with <paramref name="folder"/>, in ordinal order.</summary>
    public static IReadOnlyList<string> In(string folder) => [.. s_names.Keys.Where(path => path.StartsWith(folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public static string Read(string path)
    {
        using var reader = new StreamReader(s_assembly.GetManifestResourceStream(s_names[path])!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
