using System.Text.RegularExpressions;

namespace SupabaseDeploy.Releases;

/// <summary>Whether a file of a web bundle is named by its content. One rule for the local gateway and for hosted places.</summary>
internal static partial class HashedName
{
    /// <summary>
    /// True for <c>app.3f9a1c22.js</c>, <c>index-BxY12abC.css</c> and the like. Strict on purpose: taking a word for a hash
    /// would freeze a file in browsers for a year, missing a hash only costs a question.
    /// </summary>
    public static bool IsIn(string path)
    {
        if (HashInName().Match(path) is not { Success: true } match)
        {
            return false;
        }

        string hash = match.Groups["hash"].Value;
        bool isHexadecimal = hash.All(char.IsAsciiHexDigitLower) && hash.Any(char.IsAsciiLetter);
        bool isMixed = hash.Any(char.IsAsciiLetterLower) && hash.Any(char.IsAsciiLetterUpper);
        return hash.Any(char.IsAsciiDigit) && (isHexadecimal || isMixed);
    }

    [GeneratedRegex(@"[.\-_](?<hash>[A-Za-z0-9]{8,64})(\.[A-Za-z0-9]+)+$")]
    private static partial Regex HashInName();
}
