namespace SupabaseDeploy.LocalStack;

/// <summary>The names under which applications know a stack's URL and public key.</summary>
internal static class StackValueNames
{
    private const string UsualUrl = "SUPABASE_URL";
    private const string UsualKey = "SUPABASE_PUBLISHABLE_KEY";

    // Without underscores and case: 'supabaseUrl' is the same as 'SUPABASE_URL'.
    private static readonly HashSet<string> s_urls = ["SUPABASEURL"];
    private static readonly HashSet<string> s_publishable = ["SUPABASEPUBLISHABLEKEY", "SUPABASEPUBLISHABLEDEFAULTKEY", "SUPABASEKEY"];
    private static readonly HashSet<string> s_anonymous = ["SUPABASEANONKEY", "SUPABASEANONYMOUSKEY", "SUPABASEPUBLICANONKEY"];

    /// <summary>Whether an application means a value of the stack by a name.</summary>
    public static bool IsKnown(string name) => IsUrl(name) || IsKey(name);

    /// <summary>The values that a file is to have: those it names, those that the application uses, and one URL and one key at least.</summary>
    /// <param name="values">What the file holds.</param>
    /// <param name="used">Names that the application reads.</param>
    /// <param name="url">The stack's URL.</param>
    /// <param name="keys">Its keys.</param>
    public static IEnumerable<(string Key, string Value)> WantedIn(IReadOnlyDictionary<string, string> values, IReadOnlySet<string> used, Uri url, LocalKeys keys)
    {
        List<string> names = [.. values.Keys.Where(IsKnown).Concat(used.Where(IsKnown).Order(StringComparer.Ordinal)).Distinct()];
        string[] usual = [.. names.Exists(IsUrl) ? Array.Empty<string>() : [UsualUrl], .. names.Exists(IsKey) ? Array.Empty<string>() : [UsualKey]];
        return names.Concat(usual).Select(name => (name, IsUrl(name) ? url.AbsoluteUri.TrimEnd('/') : KeyFor(name, values.GetValueOrDefault(name), keys)));
    }

    // A file may have the newer key under the older name; both are understood, so the kind stays.
    private static string KeyFor(string name, string? before, LocalKeys keys) => before switch
    {
        ['s', 'b', '_', ..] => keys.PublishableKey,
        ['e', 'y', 'J', ..] => keys.AnonKey,
        _ => s_anonymous.Contains(Plain(name)) ? keys.AnonKey : keys.PublishableKey,
    };

    private static bool IsUrl(string name) => s_urls.Contains(Plain(name));

    private static bool IsKey(string name) => s_publishable.Contains(Plain(name)) || s_anonymous.Contains(Plain(name));

    private static string Plain(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
}
