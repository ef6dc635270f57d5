namespace SupabaseDeploy.Postgres;

/// <summary>What a piece of SQL text is, as far as finding the end of a statement needs it.</summary>
internal enum SqlTokenKind
{
    Space,
    Comment,
    Text,
    QuotedName,
    Word,
    Semicolon,
    Open,
    Close,
    Backslash,
    Other,
}

/// <summary>One token: the characters from <paramref name="Start"/> up to, not including, <paramref name="End"/>.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, int Start, int End);

/// <summary>
/// Cuts SQL into tokens by the server's lexical rules
/// (<see href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html"/>). An unterminated token ends with the text.
/// </summary>
internal static class SqlLexer
{
    /// <summary>The token at <paramref name="position"/>, which must be inside the text.</summary>
    public static SqlToken Read(string sql, int position)
    {
        char c = sql[position];
        char next = position + 1 < sql.Length ? sql[position + 1] : '\0';
        return c switch
        {
            ';' => new(SqlTokenKind.Semicolon, position, position + 1),
            '(' => new(SqlTokenKind.Open, position, position + 1),
            ')' => new(SqlTokenKind.Close, position, position + 1),
            '\\' => new(SqlTokenKind.Backslash, position, position + 1),
            '\'' => new(SqlTokenKind.Text, position, EndOfString(sql, position, hasEscapes: false)),
            '"' => new(SqlTokenKind.QuotedName, position, After(sql, '"', position + 1)),
            '-' when next == '-' => new(SqlTokenKind.Comment, position, EndOfLine(sql, position)),
            '/' when next == '*' => new(SqlTokenKind.Comment, position, EndOfBlockComment(sql, position)),
            '$' => DollarQuoted(sql, position),
            'e' or 'E' when next == '\'' => new(SqlTokenKind.Text, position, EndOfString(sql, position + 1, hasEscapes: true)),
            _ when IsSpace(c) => new(SqlTokenKind.Space, position, EndOfSpace(sql, position)),
            _ when IsNameStart(c) => new(SqlTokenKind.Word, position, EndOfName(sql, position)),
            _ => new(SqlTokenKind.Other, position, position + 1),
        };
    }

    /// <summary>
    /// What stands between statements and is no part of them: the characters that the CLI trims, which are JavaScript's. A no-break space
    /// or a byte order mark before a statement is an error to the server, and sent by no migration that works with the CLI.
    /// </summary>
    public static bool IsSpace(char c) => c < '\u0080' ? c is ' ' or (>= '\t' and <= '\r') : c == '\uFEFF' || (char.IsWhiteSpace(c) && c != '\u0085');

    private static SqlToken DollarQuoted(string sql, int position)
    {
        int tagEnd = position + 1;
        while (tagEnd < sql.Length && sql[tagEnd] != '$' && IsTagCharacter(sql[tagEnd], isFirst: tagEnd == position + 1))
        {
            tagEnd++;
        }

        if (tagEnd >= sql.Length || sql[tagEnd] != '$')
        {
            return new(SqlTokenKind.Other, position, position + 1); // A parameter: $1
        }

        ReadOnlySpan<char> tag = sql.AsSpan(position, tagEnd + 1 - position);
        int body = tagEnd + 1;
        int close = sql.AsSpan(body).IndexOf(tag, StringComparison.Ordinal);
        return new(SqlTokenKind.Text, position, close < 0 ? sql.Length : body + close + tag.Length);
    }

    private static int EndOfString(string sql, int quote, bool hasEscapes)
    {
        int position = quote + 1;
        if (!hasEscapes)
        {
            return After(sql, '\'', position);
        }

        while (position < sql.Length && sql[position] != '\'')
        {
            position += sql[position] == '\\' ? 2 : 1;
        }

        int end = Math.Min(position + 1, sql.Length);
        return Continuation(sql, end) is int next ? EndOfString(sql, next, hasEscapes: true) : end;
    }

    /// <summary>The quote with which a string goes on after a line break, escapes and all; null when it does not.</summary>
    private static int? Continuation(string sql, int position)
    {
        int next = EndOfSpace(sql, position);
        return next < sql.Length && sql[next] == '\'' && sql.AsSpan(position, next - position).ContainsAny('\n', '\r') ? next : null;
    }

    private static int EndOfBlockComment(string sql, int position)
    {
        int depth = 0;
        while (position < sql.Length)
        {
            ReadOnlySpan<char> two = sql.AsSpan(position, Math.Min(2, sql.Length - position));
            if (two is "/*")
            {
                depth++;
                position += 2;
            }
            else if (two is "*/")
            {
                position += 2;
                if (--depth == 0)
                {
                    return position;
                }
            }
            else
            {
                position++;
            }
        }

        return position;
    }

    private static int EndOfLine(string sql, int position)
    {
        int length = sql.AsSpan(position).IndexOfAny('\n', '\r');
        return length < 0 ? sql.Length : position + length;
    }

    private static int EndOfSpace(string sql, int position)
    {
        while (position < sql.Length && IsSpace(sql[position]))
        {
            position++;
        }

        return position;
    }

    // Digits and dollar signs go on a name, so that the dollar in 'a$b$' opens no quote.
    private static int EndOfName(string sql, int position)
    {
        while (position < sql.Length && (IsNameStart(sql[position]) || char.IsAsciiDigit(sql[position]) || sql[position] == '$'))
        {
            position++;
        }

        return position;
    }

    private static int After(string sql, char closing, int position)
    {
        int end = sql.IndexOf(closing, position);
        return end < 0 ? sql.Length : end + 1;
    }

    private static bool IsTagCharacter(char c, bool isFirst) => IsNameStart(c) || (!isFirst && char.IsAsciiDigit(c));

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_' || c >= '\u0080';
}
