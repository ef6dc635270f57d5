using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Finds where a down script may lose data, by the words of its statements. What a statement does that is not known to leave rows alone is
/// unknown, and said to be.
/// </summary>
internal sealed class DownScriptReader
{
    // Statements that make, or change rules and not rows. DROP, ALTER, INSERT and SELECT are looked into.
    private static readonly string[] s_harmless =
    [
        "CREATE", "COMMENT", "GRANT", "REVOKE", "SET", "RESET", "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE",
        "ANALYZE", "VACUUM", "REINDEX", "CLUSTER", "LOCK", "NOTIFY", "LISTEN", "SECURITY", "REFRESH", "COPY", "SHOW", "DISCARD", "REASSIGN",
    ];

    private readonly SqlStatement _statement;
    private readonly List<DataTouch> _touches = [];
    private readonly IReadOnlyList<string> _tokens;
    private int _at;

    private DownScriptReader(SqlStatement statement)
    {
        _statement = statement;
        _tokens = Significant(statement.Text);
    }

    /// <summary>The places of <paramref name="script"/>, in order.</summary>
    public static IReadOnlyList<DataTouch> Read(SqlScript script) => [.. script.Statements.SelectMany(statement => new DownScriptReader(statement).Read())];

    private List<DataTouch> Read()
    {
        string first = Take();
        switch (first.ToUpperInvariant())
        {
            case "":
                break;
            case "DROP":
                ReadDrop();
                break;
            case "ALTER":
                ReadAlter();
                break;
            case "TRUNCATE":
                Skip("TABLE");
                AddNames(DataTouchKind.Table);
                AddUnknownIfCascaded("truncate … cascade");
                break;
            case "INSERT" when !_tokens.Any(token => Is(token, "UPDATE")):
            case "SELECT" when !_tokens.Contains("("):
            case string word when s_harmless.Contains(word):
                break;
            default:
                AddUnknown(first.ToLowerInvariant());
                break;
        }

        return _touches;
    }

    private void ReadDrop()
    {
        string kind = Take().ToUpperInvariant();
        switch (kind)
        {
            case "TABLE":
                AddNames(DataTouchKind.Table);
                break;
            case "SCHEMA":
                AddNames(DataTouchKind.Schema);
                break;
            case "TYPE" or "DOMAIN":
                AddUnknownIfCascaded($"drop {kind.ToLowerInvariant()} … cascade");
                break;
            case "EXTENSION" or "OWNED" or "DATABASE":
                AddUnknown($"drop {kind.ToLowerInvariant()}");
                break;
        }
    }

    private void ReadAlter()
    {
        string kind = Take().ToUpperInvariant();
        if (kind == "TYPE" && _tokens.Any(token => Is(token, "ATTRIBUTE")))
        {
            AddUnknown("alter type … attribute");
        }

        if (kind != "TABLE")
        {
            return;
        }

        Skip("IF", "EXISTS");
        Skip("ONLY");
        string table = TakeName();
        Skip("*");
        do
        {
            ReadTableAction(table);
        }
        while (MoveBehindComma());
    }

    private void ReadTableAction(string table)
    {
        string action = Take().ToUpperInvariant();
        if (action == "DROP" && !Skip("CONSTRAINT"))
        {
            Skip("COLUMN");
            Skip("IF", "EXISTS");
            _touches.Add(new DataTouch(DataTouchKind.Column, table, Unquoted(Take()), _statement.Line));
        }
        else if (action == "ALTER" && !Skip("CONSTRAINT"))
        {
            Skip("COLUMN");
            Take();
            Skip("SET", "DATA");
            if (Skip("TYPE"))
            {
                AddUnknown($"alter table {table} alter column type");
            }
        }
    }

    private void AddNames(DataTouchKind kind)
    {
        Skip("IF", "EXISTS");
        do
        {
            Skip("ONLY");
            _touches.Add(new DataTouch(kind, TakeName(), null, _statement.Line));
            Skip("*");
        }
        while (Skip(","));
    }

    private void AddUnknownIfCascaded(string what)
    {
        if (_tokens.Any(token => Is(token, "CASCADE")))
        {
            AddUnknown(what);
        }
    }

    private void AddUnknown(string what) => _touches.Add(new DataTouch(DataTouchKind.Unknown, what, null, _statement.Line));

    /// <summary>To the next action of the list; what is in parentheses is part of one.</summary>
    private bool MoveBehindComma()
    {
        for (int depth = 0; _at < _tokens.Count; _at++)
        {
            depth += _tokens[_at] switch { "(" => 1, ")" => -1, _ => 0 };
            if (depth == 0 && Skip(","))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A name with its schema, as it is written.</summary>
    private string TakeName()
    {
        string name = Take();
        while (Skip("."))
        {
            name += "." + Take();
        }

        return name;
    }

    private string Take() => _at < _tokens.Count ? _tokens[_at++] : "";

    private bool Skip(params ReadOnlySpan<string> words)
    {
        for (int index = 0; index < words.Length; index++)
        {
            if (_at + index >= _tokens.Count || !Is(_tokens[_at + index], words[index]))
            {
                return false;
            }
        }

        _at += words.Length;
        return true;
    }

    private static bool Is(string token, string word) => token.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>A name as the catalog has it.</summary>
    internal static string Unquoted(string name) =>
        name.StartsWith('"') ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name.ToLowerInvariant();

    private static List<string> Significant(string sql)
    {
        var significant = new List<string>();
        SqlToken previous = default;
        for (int position = 0; position < sql.Length;)
        {
            SqlToken token = SqlLexer.Read(sql, position);
            position = token.End;
            string text = sql[token.Start..token.End];
            if (token.Kind == SqlTokenKind.QuotedName && previous.Kind == SqlTokenKind.QuotedName && previous.End == token.Start)
            {
                significant[^1] += text; // A doubled quote inside of one name.
            }
            else if (token.Kind is not (SqlTokenKind.Space or SqlTokenKind.Comment))
            {
                significant.Add(text);
            }

            previous = token;
        }

        return significant;
    }
}
