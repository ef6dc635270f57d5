using Npgsql;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// Statements that the platform takes from <c>postgres</c> and a plain server does not. On a local server with shims they are sent in
/// another form; on any other server every statement is sent as it is written.
/// </summary>
internal static class PlatformStatements
{
    // The access methods of shims, which know no options; and those that no shim has, whose indexes are left out.
    private static readonly HashSet<string> s_withoutOptions = new(StringComparer.OrdinalIgnoreCase) { "hnsw", "ivfflat" };
    private static readonly HashSet<string> s_missing = new(StringComparer.OrdinalIgnoreCase) { "pgroonga", "rum" };

    /// <summary>Whether a server has shims, and so takes these forms.</summary>
    public static async Task<bool> AreTakenByAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"select pg_catalog.current_setting('{ServerSettings.Shims}', true) is not null", connection);
        await using (command.ConfigureAwait(false))
        {
            return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }
    }

    /// <summary>The form to send to a server with shims; null for the statement as it is.</summary>
    /// <param name="statement">As it is written.</param>
    /// <param name="server">The server's major version.</param>
    public static string? Translate(SqlStatement statement, int server)
    {
        string[] words = [.. statement.Words().Take(3)];
        return words switch
        {
            ["CREATE" or "ALTER" or "DROP", "EVENT", "TRIGGER"] or ["ALTER", "EXTENSION", ..] or ["CREATE", "FOREIGN", "DATA"] => WithPlatformRights(statement),
            ["CREATE" or "ALTER", "PUBLICATION", ..] when NamesNoSingleTables(statement) => WithPlatformRights(statement),
            ["CREATE" or "ALTER", "ROLE" or "USER", ..] when NeedsASuperuser([.. statement.Words()], server) => WithPlatformRights(statement),
            ["DO", ..] => PlatformBlocks.Translate(statement.Text, server),
            ["CREATE", "INDEX", ..] or ["CREATE", "UNIQUE", "INDEX"] => Index(statement.Text),
            _ => null,
        };
    }

    private static string WithPlatformRights(SqlStatement statement) =>
        $"select extensions.run_as_platform('{statement.Code.Replace("'", "''", StringComparison.Ordinal)}')";

    /// <summary>A publication <c>for all tables</c> or of <c>tables in schema</c>: a plain server takes it from superusers only.</summary>
    private static bool NamesNoSingleTables(SqlStatement statement)
    {
        string words = $" {string.Join(' ', statement.Words())} ";
        return words.Contains(" FOR ALL TABLES ", StringComparison.Ordinal) || words.Contains(" TABLES IN SCHEMA ", StringComparison.Ordinal);
    }

    /// <summary>
    /// Whether a role's statement is one that supautils runs elevated: the right to replicate or to pass by row-level security, and any change
    /// of a role that may have them. From version 16 on, whoever has an attribute and may create roles may give it.
    /// </summary>
    /// <param name="words">The statement's words in capitals.</param>
    /// <param name="server">The server's major version.</param>
    public static bool NeedsASuperuser(IReadOnlyList<string> words, int server)
    {
        return server < 16 && !Has("SUPERUSER", "CURRENT_USER", "CURRENT_ROLE")
            && (words[0] == "CREATE" ? Has("BYPASSRLS", "REPLICATION") : !Has("SET", "RESET", "RENAME", "MAPPING"));

        bool Has(params IReadOnlyList<string> some) => some.Any(words.Skip(2).Contains);
    }

    private static string? Index(string text)
    {
        SqlToken[] tokens = [.. Tokens(text)];
        int method = Array.FindIndex(tokens, token => Is(text, token, "using")) + 1;
        if (method == 0 || method == tokens.Length)
        {
            return null;
        }

        string name = text[tokens[method].Start..tokens[method].End].Trim('"');
        if (s_missing.Contains(name))
        {
            return $"do $missing$ begin raise warning using errcode = '{ShimExtensions.WarningState}', message = 'an index was left out: this PostgreSQL has no access method {name}'; end $missing$";
        }

        return s_withoutOptions.Contains(name) ? WithoutOptions(text, tokens, method) : null;
    }

    /// <summary>The statement without <c>WITH (…)</c>, which stands behind the columns and outside of every parenthesis.</summary>
    private static string? WithoutOptions(string text, SqlToken[] tokens, int from)
    {
        int depth = 0;
        for (int i = from; i < tokens.Length; i++)
        {
            depth += tokens[i].Kind switch { SqlTokenKind.Open => 1, SqlTokenKind.Close => -1, _ => 0 };
            if (depth == 0 && Is(text, tokens[i], "with") && i + 1 < tokens.Length && tokens[i + 1].Kind == SqlTokenKind.Open)
            {
                int end = Array.FindIndex(tokens, i, token => token.Kind == SqlTokenKind.Close);
                return end < 0 ? null : text[..tokens[i].Start] + text[tokens[end].End..];
            }
        }

        return null;
    }

    /// <summary>What a text is made of, without spaces and comments.</summary>
    public static IEnumerable<SqlToken> Tokens(string text)
    {
        for (int position = 0; position < text.Length;)
        {
            SqlToken token = SqlLexer.Read(text, position);
            position = token.End;
            if (token.Kind is not (SqlTokenKind.Space or SqlTokenKind.Comment))
            {
                yield return token;
            }
        }
    }

    /// <summary>Whether a token is a word, whatever its case.</summary>
    public static bool Is(string text, SqlToken token, string word) =>
        token.Kind == SqlTokenKind.Word && text.AsSpan(token.Start, token.End - token.Start).Equals(word, StringComparison.OrdinalIgnoreCase);
}
