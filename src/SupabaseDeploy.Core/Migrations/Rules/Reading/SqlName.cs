using System.Text.RegularExpressions;

namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary>The name of an object in its schema, as the server keeps it: folded to lower case unless it was quoted.</summary>
internal readonly partial record struct SqlName(string Schema, string Name)
{
    /// <summary>As it is written in SQL, quoted where that is needed.</summary>
    public override string ToString() => $"{Quote(Schema)}.{Quote(Name)}";

    public static string Quote(string name) => PlainName().IsMatch(name) ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string List(IEnumerable<string> names) => string.Join(", ", names.Select(Quote));

    [GeneratedRegex(@"\A[a-z_][a-z0-9_$]*\z")]
    private static partial Regex PlainName();
}
