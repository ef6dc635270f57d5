using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary><c>CREATE [UNIQUE] INDEX CONCURRENTLY</c>, in its parts. Names stand as in the file, with their quotes.</summary>
/// <param name="IsUnique">With <c>UNIQUE</c>.</param>
/// <param name="Name">The index; null when the server names it.</param>
/// <param name="Table">The table.</param>
/// <param name="Definition">What follows the table: method, columns, options, condition.</param>
internal sealed record ConcurrentIndex(bool IsUnique, string? Name, string Table, string Definition)
{
    /// <summary>The parts of <paramref name="statement"/>; null when it is another statement.</summary>
    public static ConcurrentIndex? Of(SqlStatement statement)
    {
        var words = new StatementWords(statement);
        if (!words.Take("CREATE"))
        {
            return null;
        }

        bool isUnique = words.Take("UNIQUE");
        if (!words.Take("INDEX") || !words.Take("CONCURRENTLY"))
        {
            return null;
        }

        _ = words.Take("IF") && words.Take("NOT") && words.Take("EXISTS");
        string? name = words.IsNext("ON") ? null : words.TakeName();
        if (!words.Take("ON"))
        {
            return null;
        }

        words.Take("ONLY");
        string table = words.TakeName();
        return new ConcurrentIndex(isUnique, name, table, words.Rest);
    }
}

/// <summary><c>REINDEX … CONCURRENTLY</c>, in its parts.</summary>
/// <param name="Kind"><c>INDEX</c>, <c>TABLE</c>, <c>SCHEMA</c>, <c>DATABASE</c> or <c>SYSTEM</c>.</param>
/// <param name="Name">What it names, as in the file; empty for the current database.</param>
internal sealed record ConcurrentReindex(string Kind, string Name)
{
    /// <summary>The parts of <paramref name="statement"/>; null when it is another statement.</summary>
    public static ConcurrentReindex? Of(SqlStatement statement)
    {
        var words = new StatementWords(statement);
        if (!words.Take("REINDEX") || !statement.Words().Contains("CONCURRENTLY"))
        {
            return null;
        }

        words.SkipParentheses();
        string? kind = new[] { "INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM" }.FirstOrDefault(words.Take);
        words.Take("CONCURRENTLY");
        return kind is null ? null : new ConcurrentReindex(kind, words.TakeName());
    }
}

/// <summary>Reads a statement from left to right, word by word.</summary>
internal sealed class StatementWords(SqlStatement statement)
{
    private readonly SqlToken[] _tokens = [.. statement.Tokens()];
    private int _next;

    /// <summary>The text that was not read yet.</summary>
    public string Rest => _next < _tokens.Length ? statement.Script[_tokens[_next].Start..(statement.Start + statement.Length)] : "";

    public bool IsNext(string word) =>
        _next < _tokens.Length && _tokens[_next].Kind == SqlTokenKind.Word && TextOf(_tokens[_next]).Equals(word, StringComparison.OrdinalIgnoreCase);

    public bool Take(string word)
    {
        bool isNext = IsNext(word);
        _next += isNext ? 1 : 0;
        return isNext;
    }

    /// <summary>A name, qualified or not, without the spaces that may stand around its dots; empty when none stands here.</summary>
    public string TakeName()
    {
        string name = TakeIdentifier();
        while (name.Length > 0 && _next < _tokens.Length && TextOf(_tokens[_next]) == ".")
        {
            _next++;
            name += "." + TakeIdentifier();
        }

        return name;
    }

    public void SkipParentheses()
    {
        if (_next < _tokens.Length && _tokens[_next].Kind == SqlTokenKind.Open)
        {
            int close = Array.FindIndex(_tokens, _next, token => token.Kind == SqlTokenKind.Close);
            _next = close < 0 ? _tokens.Length : close + 1;
        }
    }

    private string TakeIdentifier() =>
        _next < _tokens.Length && _tokens[_next].Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName ? TextOf(_tokens[_next++]) : "";

    private string TextOf(SqlToken token) => statement.Script[token.Start..token.End];
}
