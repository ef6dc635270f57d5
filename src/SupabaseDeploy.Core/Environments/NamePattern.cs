using System.Text.RegularExpressions;

namespace SupabaseDeploy.Environments;

/// <summary>PowerShell's wildcards (<c>*</c>, <c>?</c>, <c>[a-c]</c>), without PowerShell. Case does not matter.</summary>
internal static class NamePattern
{
    public static bool HasWildcard(string pattern) => pattern.AsSpan().IndexOfAny("*?[") >= 0;

    public static bool Matches(string name, string pattern)
    {
        if (!HasWildcard(pattern) || pattern == "*")
        {
            return pattern == "*" || string.Equals(name, pattern, StringComparison.OrdinalIgnoreCase);
        }

        string expression = Regex.Escape(pattern)
            .Replace(@"\*", ".*", StringComparison.Ordinal)
            .Replace(@"\?", ".", StringComparison.Ordinal)
            .Replace(@"\[", "[", StringComparison.Ordinal);
        return TryMatch(name, $"^(?:{expression})$");
    }

    private static bool TryMatch(string name, string expression)
    {
        try
        {
            return Regex.IsMatch(name, expression, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        }
        catch (ArgumentException)
        {
            return false; // An open bracket that is never closed matches no name.
        }
    }
}
