using System.Text;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// What <c>DO</c> blocks do with event triggers, in the form that a server with shims takes. Such blocks are usual: <c>create event trigger</c>
/// has no <c>if not exists</c>, so files look for the trigger first.
/// </summary>
internal static class PlatformBlocks
{
    private const string Run = "perform extensions.run_as_platform(";

    /// <summary>The block with its statements about event triggers run as the platform runs them; null when it has none.</summary>
    /// <param name="text">A <c>DO</c> statement.</param>
    public static string? Translate(string text)
    {
        if (!text.Contains("trigger", StringComparison.OrdinalIgnoreCase) || BodyOf(text) is not { } body)
        {
            return null;
        }

        string code = text[body];
        List<SqlToken> tokens = [.. PlatformStatements.Tokens(code)];
        var changed = new StringBuilder(text[..body.Start]);
        int copied = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            if (Replacement(code, tokens, i) is { } replacement)
            {
                changed.Append(code, copied, tokens[i].Start - copied).Append(replacement);
                i = EndOf(tokens, i) - 1;
                copied = tokens[i].End;
            }
        }

        return copied == 0 ? null : changed.Append(code, copied, code.Length - copied).Append(text[body.End..]).ToString();
    }

    /// <summary>What stands for the statement that begins at a token; null when it stays as it is.</summary>
    private static string? Replacement(string code, List<SqlToken> tokens, int at)
    {
        return IsAboutEventTrigger(code, tokens, at) ? $"{Run}'{TextFrom(at).Replace("'", "''", StringComparison.Ordinal)}')"
            : IsDynamic(code, tokens, at) ? $"{Run}{TextFrom(at + 1)})"
            : null;

        string TextFrom(int token) => code[tokens[token].Start..tokens[EndOf(tokens, at) - 1].End];
    }

    /// <summary>The code between the dollar quotes; null for a block that is quoted otherwise.</summary>
    private static Range? BodyOf(string text)
    {
        SqlToken quoted = PlatformStatements.Tokens(text).FirstOrDefault(token => token.Kind == SqlTokenKind.Text && text[token.Start] == '$');
        if (quoted.End == 0)
        {
            return null;
        }

        int tag = text.IndexOf('$', quoted.Start + 1) + 1 - quoted.Start;
        return (quoted.Start + tag)..Math.Max(quoted.Start + tag, quoted.End - tag);
    }

    private static bool IsAboutEventTrigger(string code, List<SqlToken> tokens, int at) =>
        at + 2 < tokens.Count
        && (PlatformStatements.Is(code, tokens[at], "create") || PlatformStatements.Is(code, tokens[at], "alter") || PlatformStatements.Is(code, tokens[at], "drop"))
        && PlatformStatements.Is(code, tokens[at + 1], "event")
        && PlatformStatements.Is(code, tokens[at + 2], "trigger");

    /// <summary><c>execute 'create event trigger …'</c>, also made with <c>format</c>, with nothing handed in or out.</summary>
    private static bool IsDynamic(string code, List<SqlToken> tokens, int at)
    {
        if (!PlatformStatements.Is(code, tokens[at], "execute"))
        {
            return false;
        }

        List<SqlToken> rest = tokens[(at + 1)..EndOf(tokens, at)];
        return rest.Exists(token => token.Kind == SqlTokenKind.Text && IsEventTriggerText(code[token.Start..token.End]))
            && !rest.Exists(token => PlatformStatements.Is(code, token, "using") || PlatformStatements.Is(code, token, "into"));
    }

    private static bool IsEventTriggerText(string quoted)
    {
        int start = quoted[0] == '$' ? quoted.IndexOf('$', 1) + 1 : quoted.IndexOf('\'', StringComparison.Ordinal) + 1;
        string inner = quoted[start..];
        return IsAboutEventTrigger(inner, [.. PlatformStatements.Tokens(inner).Take(3)], 0);
    }

    /// <summary>The index behind the last token of the statement that <paramref name="at"/> is in.</summary>
    private static int EndOf(List<SqlToken> tokens, int at)
    {
        int end = tokens.FindIndex(at, token => token.Kind == SqlTokenKind.Semicolon);
        return end < 0 ? tokens.Count : Math.Max(end, at + 1);
    }
}
