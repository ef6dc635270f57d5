namespace SupabaseDeploy.Postgres;

/// <summary>
/// Cuts a script into statements where the Supabase CLI does: at each <c>;</c> outside quotes, comments, parentheses and
/// <c>BEGIN ATOMIC … END</c>. Comments stay with the statement they stand before; a text of nothing but comments is a statement too.
/// One pass; one statement is held at a time.
/// </summary>
public static class SqlSplitter
{
    /// <summary>The statements of <paramref name="sql"/>, in order.</summary>
    public static IEnumerable<SqlStatement> Split(string sql)
    {
        var place = new TextPlace(sql);
        for (int position = 0; position < sql.Length;)
        {
            Extent extent = Measure(sql, position);
            position = Math.Min(extent.End + 1, sql.Length);
            if (extent.Start == extent.End)
            {
                continue;
            }

            Range? copyRows = null;
            if (extent.IsCopyFromInput && extent.End < sql.Length)
            {
                (copyRows, position) = ReadCopyRows(sql, position);
            }

            place.MoveTo(extent.CodeStart);
            yield return new SqlStatement
            {
                Script = sql,
                Start = extent.Start,
                Length = EndOfText(sql, extent) - extent.Start,
                CodeStart = extent.CodeStart,
                HasCode = extent.HasCode,
                Line = place.Line,
                Column = place.Column,
                CopyRows = copyRows,
                MetaCommandStart = extent.MetaCommandStart,
            };
        }
    }

    // The CLI takes semicolons off the end of its last piece too, also those of a comment.
    private static int EndOfText(string sql, Extent extent)
    {
        int end = extent.End;
        while (extent.End == sql.Length && end > extent.Start && sql[end - 1] == ';')
        {
            end--;
        }

        while (end > extent.Start && SqlLexer.IsSpace(sql[end - 1]))
        {
            end--;
        }

        return end;
    }

    /// <summary>Reads from <paramref name="position"/> to the end of one statement.</summary>
    private static Extent Measure(string sql, int position)
    {
        var statement = new StatementReader(sql);
        int start = -1;
        int codeStart = -1;
        int? metaCommand = null;
        while (position < sql.Length)
        {
            SqlToken token = SqlLexer.Read(sql, position);
            if (token.Kind == SqlTokenKind.Semicolon && statement.IsOutermost)
            {
                break;
            }

            position = token.End;
            if (token.Kind == SqlTokenKind.Space)
            {
                continue;
            }

            start = start < 0 ? token.Start : start;
            if (token.Kind != SqlTokenKind.Comment)
            {
                codeStart = codeStart < 0 ? token.Start : codeStart;
                statement.Take(token);
            }

            metaCommand ??= token.Kind == SqlTokenKind.Backslash ? token.Start : null;
        }

        start = start < 0 ? position : start;
        return new Extent(start, position, codeStart < 0 ? start : codeStart, codeStart >= 0, metaCommand, statement.IsCopyFromInput);
    }

    /// <summary>The lines after the statement's own, up to <c>\.</c> on a line by itself or the end of the script.</summary>
    private static (Range Rows, int Next) ReadCopyRows(string sql, int position)
    {
        int newLine = sql.IndexOf('\n', position);
        int data = newLine < 0 ? sql.Length : newLine + 1;
        for (int line = data; line < sql.Length;)
        {
            newLine = sql.IndexOf('\n', line);
            int end = newLine < 0 ? sql.Length : newLine;
            if (sql.AsSpan(line, end - line).TrimEnd('\r') is "\\.")
            {
                return (data..line, Math.Min(end + 1, sql.Length));
            }

            line = end + 1;
        }

        return (data..sql.Length, sql.Length);
    }

    private readonly record struct Extent(int Start, int End, int CodeStart, bool HasCode, int? MetaCommandStart, bool IsCopyFromInput);

    /// <summary>Knows, token by token, whether a semicolon here ends the statement.</summary>
    private struct StatementReader(string sql)
    {
        private string? _first;
        private string? _previous;
        private int _parentheses;
        private bool _isInBlock;
        private bool _isFirstOfBlockStatement;

        public readonly bool IsOutermost => _parentheses == 0 && !_isInBlock;

        public bool IsCopyFromInput { get; private set; }

        public void Take(SqlToken token)
        {
            bool isFirst = _isFirstOfBlockStatement;
            _isFirstOfBlockStatement = token.Kind == SqlTokenKind.Semicolon;
            switch (token.Kind)
            {
                case SqlTokenKind.Open:
                    _parentheses++;
                    break;
                case SqlTokenKind.Close when _parentheses > 0:
                    _parentheses--;
                    break;
                case SqlTokenKind.Word:
                    TakeWord(sql.AsSpan(token.Start, token.End - token.Start), isFirst);
                    break;
            }
        }

        // Only CREATE FUNCTION and PROCEDURE have BEGIN ATOMIC. Where a statement could begin, END ends the block; elsewhere it is a CASE's, or a name.
        private void TakeWord(ReadOnlySpan<char> text, bool isFirst)
        {
            string word = Keyword(text);
            _first ??= word;
            if (!_isInBlock && _first == "CREATE" && _previous == "BEGIN" && word == "ATOMIC")
            {
                _isInBlock = _isFirstOfBlockStatement = true;
            }
            else if (isFirst && word == "END")
            {
                _isInBlock = false;
            }

            IsCopyFromInput |= _first == "COPY" && _previous == "FROM" && word == "STDIN";
            _previous = word;
        }

        private static string Keyword(ReadOnlySpan<char> text)
        {
            foreach (string keyword in (ReadOnlySpan<string>)["CREATE", "BEGIN", "ATOMIC", "END", "COPY", "FROM", "STDIN"])
            {
                if (text.Equals(keyword, StringComparison.OrdinalIgnoreCase))
                {
                    return keyword;
                }
            }

            return "";
        }
    }
}
