using System.Text;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary>
/// Reads one statement token by token, without space and comments. Words are compared as the server does: whatever their case, and never
/// inside quotes. Reading on at the end finds nothing and does not fail.
/// </summary>
internal sealed class SqlCursor
{
    private const int NameBytes = 63;

    private readonly string _sql;
    private readonly IReadOnlyList<SqlToken> _tokens;
    private readonly int _last;
    private int _index;

    private SqlCursor(string sql, IReadOnlyList<SqlToken> tokens, int first, int last)
    {
        _sql = sql;
        _tokens = tokens;
        _index = first;
        _last = last;
    }

    /// <param name="sql">The whole text.</param>
    /// <param name="start">Where the statement starts in it.</param>
    /// <param name="end">Where it ends.</param>
    public static SqlCursor Of(string sql, int start, int end)
    {
        var tokens = new List<SqlToken>();
        for (int position = start; position < end;)
        {
            SqlToken token = SqlLexer.Read(sql, position);
            position = token.End;
            if (token.Kind is not (SqlTokenKind.Space or SqlTokenKind.Comment))
            {
                tokens.Add(token);
            }
        }

        return new SqlCursor(sql, tokens, 0, tokens.Count);
    }

    public bool AtEnd => _index >= _last;

    /// <summary>Offset of the next token in the whole text.</summary>
    public int Offset => AtEnd ? (_last == 0 ? 0 : _tokens[_last - 1].End) : _tokens[_index].Start;

    /// <summary>Where the token before the next one ends.</summary>
    public int PreviousEnd => _index == 0 ? 0 : _tokens[Math.Min(_index, _last) - 1].End;

    public SqlTokenKind Kind => AtEnd ? SqlTokenKind.Space : _tokens[_index].Kind;

    public ReadOnlySpan<char> Text => AtEnd ? [] : _sql.AsSpan(_tokens[_index].Start, _tokens[_index].End - _tokens[_index].Start);

    public void Advance() => _index++;

    /// <summary>True when these words come next.</summary>
    public bool At(params ReadOnlySpan<string> words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            if (!IsWord(_index + i, words[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Passes these words if they come next.</summary>
    public bool Take(params ReadOnlySpan<string> words)
    {
        if (!At(words))
        {
            return false;
        }

        _index += words.Length;
        return true;
    }

    /// <summary>True when this name comes next, with or without quotes: what dumps write is quoted throughout.</summary>
    public bool AtName(string name) => At(name) || (Kind == SqlTokenKind.QuotedName && Text.Trim('"').SequenceEqual(name));

    /// <summary>Passes this name if it comes next, with or without quotes.</summary>
    public bool TakeIfName(string name)
    {
        if (!AtName(name))
        {
            return false;
        }

        Advance();
        return true;
    }

    public bool AtSymbol(char symbol) => !AtEnd && _sql[_tokens[_index].Start] == symbol && Kind is not (SqlTokenKind.Text or SqlTokenKind.QuotedName);

    public bool TakeSymbol(char symbol)
    {
        if (!AtSymbol(symbol))
        {
            return false;
        }

        _index++;
        return true;
    }

    /// <summary>Passes one name; null when there is none.</summary>
    public string? TakeName()
    {
        if (Kind == SqlTokenKind.Word)
        {
            string word = Text.ToString().ToLowerInvariant();
            Advance();
            return Cut(word);
        }

        return Kind == SqlTokenKind.QuotedName ? TakeQuotedName() : null;
    }

    // A doubled quote inside a name ends one token and starts the next.
    private string TakeQuotedName()
    {
        string name = InQuotes();
        int end = _tokens[_index].End;
        Advance();
        while (Kind == SqlTokenKind.QuotedName && _tokens[_index].Start == end)
        {
            name += $"\"{InQuotes()}";
            end = _tokens[_index].End;
            Advance();
        }

        return Cut(name);
    }

    /// <summary>The 63 bytes of a name that the server keeps, so that a long one is found in the catalog.</summary>
    private static string Cut(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) <= NameBytes)
        {
            return name;
        }

        int bytes = 0;
        return string.Concat(name.EnumerateRunes().TakeWhile(rune => (bytes += rune.Utf8SequenceLength) <= NameBytes));
    }

    // A quote that nothing closes is the whole token.
    private string InQuotes() => Text.Length > 1 ? Text[1..^1].ToString() : "";

    /// <summary>Passes <c>name</c> or <c>schema.name</c> (of longer names the last two parts).</summary>
    public SqlName? TakeQualifiedName(string defaultSchema)
    {
        string? schema = null;
        string? name = TakeName();
        while (name is not null && AtSymbol('.'))
        {
            Advance();
            schema = name;
            name = TakeName();
        }

        return name is null ? null : new SqlName(schema ?? defaultSchema, name);
    }

    /// <summary>Passes a parenthesis with all that is in it and returns a cursor of the inside; null when none comes next.</summary>
    public SqlCursor? TakeParentheses()
    {
        if (Kind != SqlTokenKind.Open)
        {
            return null;
        }

        int first = ++_index;
        for (int depth = 1; !AtEnd; Advance())
        {
            depth += Kind switch { SqlTokenKind.Open => 1, SqlTokenKind.Close => -1, _ => 0 };
            if (depth == 0)
            {
                return new SqlCursor(_sql, _tokens, first, _index++);
            }
        }

        return new SqlCursor(_sql, _tokens, first, _last);
    }

    /// <summary>Passes one token, or one parenthesis whole.</summary>
    public void Skip()
    {
        if (TakeParentheses() is null)
        {
            Advance();
        }
    }

    /// <summary>Passes everything up to a comma outside of parentheses, and returns a cursor of it; the comma is passed too.</summary>
    public SqlCursor TakeItem()
    {
        int first = _index;
        while (!AtEnd && !AtSymbol(','))
        {
            Skip();
        }

        var item = new SqlCursor(_sql, _tokens, first, Math.Min(_index, _last));
        Advance();
        return item;
    }

    public IEnumerable<SqlCursor> Items()
    {
        while (!AtEnd)
        {
            yield return TakeItem();
        }
    }

    /// <summary>A cursor of the rest that moves by itself.</summary>
    public SqlCursor Rest() => new(_sql, _tokens, _index, _last);

    /// <summary>The text of the rest as written.</summary>
    public string RestText => AtEnd ? "" : _sql[_tokens[_index].Start.._tokens[_last - 1].End];

    /// <summary>Passes tokens until these words come next, outside of parentheses; false at the end.</summary>
    public bool SkipTo(params ReadOnlySpan<string> words)
    {
        while (!AtEnd && !At(words))
        {
            Skip();
        }

        return !AtEnd;
    }

    private bool IsWord(int index, string word) =>
        index < _last && _tokens[index].Kind == SqlTokenKind.Word
        && _sql.AsSpan(_tokens[index].Start, _tokens[index].End - _tokens[index].Start).Equals(word, StringComparison.OrdinalIgnoreCase);
}
