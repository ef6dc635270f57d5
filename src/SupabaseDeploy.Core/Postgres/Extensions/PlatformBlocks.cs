using System.Text;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// What <c>DO</c> blocks do with event triggers and roles, in the form that a server with shims takes. Such blocks are usual:
/// <c>create event trigger</c> and <c>create role</c> have no <c>if not exists</c>, so files look first.
/// </summary>
internal static class PlatformBlocks
{
    private static readonly string[] s_about = ["trigger", "role", "user"];

    private const string Run = "perform extensions.run_as_platform(";

    /// <summary>The block with its statements about event triggers and roles run as the platform runs them; null when it has none.</summary>
    /// <param name="text">A <c>DO</c> statement.</param>
    /// <param name="server">The server's major version.</param>
    public static string? Translate(string text, int server)
    {
        if (!s_about.Any(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)) || BodyOf(text) is not { } body)
        {
            return null;
        }

        string code = text[body];
        List<SqlToken> tokens = [.. PlatformStatements.Tokens(code)];
        var changed = new StringBuilder(text[..body.Start]);
        int copied = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            if (Replacement(code, tokens, i, server) is { } replacement)
            {
                changed.Append(code, copied, tokens[i].Start - copied).Append(replacement);
                i = EndOf(tokens, i) - 1;
                copied = tokens[i].End;
            }
        }

        return copied == 0 ? null : changed.Append(code, copied, code.Length - copied).Append(text[body.End..]).ToString();
    }

    /// <summary>What stands for the statement that begins at a token; null when it stays as it is.</summary>
    private static string? Replacement(string code, List<SqlToken> tokens, int at, int server)
    {
        return IsThePlatforms(code, tokens, at, server) ? $"{Run}'{TextFrom(at).Replace("'", "''", StringComparison.Ordinal)}')"
            : IsDynamic(code, tokens, at, server) ? $"{Run}{TextFrom(at + 1)})"
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

    private static bool IsThePlatforms(string code, List<SqlToken> tokens, int at, int server) =>
        IsAboutEventTrigger(code, tokens, at) || IsAboutRole(code, tokens, at, server);

    private static bool IsAboutRole(string code, List<SqlToken> tokens, int at, int server) =>
        at + 2 < tokens.Count
        && (PlatformStatements.Is(code, tokens[at], "create") || PlatformStatements.Is(code, tokens[at], "alter"))
        && (PlatformStatements.Is(code, tokens[at + 1], "role") || PlatformStatements.Is(code, tokens[at + 1], "user"))
        && PlatformStatements.NeedsASuperuser(
            [.. tokens[at..EndOf(tokens, at)].Where(token => token.Kind == SqlTokenKind.Word).Select(token => code[token.Start..token.End].ToUpperInvariant())], server);

    private static bool IsAboutEventTrigger(string code, List<SqlToken> tokens, int at) =>
        at + 2 < tokens.Count
        && (PlatformStatements.Is(code, tokens[at], "create") || PlatformStatements.Is(code, tokens[at], "alter") || PlatformStatements.Is(code, tokens[at], "drop"))
        && PlatformStatements.Is(code, tokens[at + 1], "event")
        && PlatformStatements.Is(code, tokens[at + 2], "trigger");

    /// <summary><c>execute 'create event trigger …'</c> or <c>'create role …'</c>, also made with <c>format</c>, with nothing handed in or out.</summary>
    private static bool IsDynamic(string code, List<SqlToken> tokens, int at, int server)
    {
        if (!PlatformStatements.Is(code, tokens[at], "execute"))
        {
            return false;
        }

        List<SqlToken> rest = tokens[(at + 1)..EndOf(tokens, at)];
        return rest.Exists(token => token.Kind == SqlTokenKind.Text && IsPlatformText(code[token.Start..token.End], server))
            && !rest.Exists(token => PlatformStatements.Is(code, token, "using") || PlatformStatements.Is(code, token, "into"));
    }

    private static bool IsPlatformText(string quoted, int server)
    {
        int start = quoted[0] == '$' ? quoted.IndexOf('$', 1) + 1 : quoted.IndexOf('\'', StringComparison.Ordinal) + 1;
        string inner = quoted[start..].TrimEnd('\'', '$');
        return IsThePlatforms(inner, [.. PlatformStatements.Tokens(inner)], 0, server);
    }

    /// <summary>The index behind the last token of the statement that <paramref name="at"/> is in.</summary>
    private static int EndOf(List<SqlToken> tokens, int at)
    {
        int end = tokens.FindIndex(at, token => token.Kind == SqlTokenKind.Semicolon);
        return end < 0 ? tokens.Count : Math.Max(end, at + 1);
    }
}
