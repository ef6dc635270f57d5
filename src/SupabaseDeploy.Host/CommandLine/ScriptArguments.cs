using System.Management.Automation.Runspaces;

namespace SupabaseDeploy.Host.CommandLine;

/// <summary>The words after a script's name, as <c>pwsh -File</c> hands them to the script.</summary>
internal static class ScriptArguments
{
    /// <summary>
    /// <c>-Name value</c> stays two words that the engine binds; <c>-Name:value</c> is one parameter, where <c>$true</c>, <c>true</c>,
    /// <c>$false</c> and <c>false</c> become booleans so that switches can be set; everything else is a string.
    /// </summary>
    public static IReadOnlyList<CommandParameter> From(IEnumerable<string> words)
    {
        var arguments = new List<CommandParameter>();
        string? waitingForValue = null;
        foreach (string word in words)
        {
            int colon = word.IndexOf(':', StringComparison.Ordinal);
            if (waitingForValue is not null)
            {
                arguments.Add(new CommandParameter(waitingForValue, word));
                waitingForValue = null;
            }
            else if (word.Length < 2 || word[0] is not ('-' or '\u2013' or '\u2014' or '\u2015'))
            {
                arguments.Add(new CommandParameter(null, word));
            }
            else if (colon < 0)
            {
                arguments.Add(new CommandParameter(word));
            }
            else if (colon == word.Length - 1)
            {
                waitingForValue = word.TrimEnd(':');
            }
            else
            {
                arguments.Add(new CommandParameter(word[..colon], BooleanOrText(word[(colon + 1)..])));
            }
        }

        return arguments;
    }

    private static object BooleanOrText(string text) =>
        bool.TryParse(text.AsSpan(text[0] == '$' ? 1 : 0), out bool value) ? value : text;
}
