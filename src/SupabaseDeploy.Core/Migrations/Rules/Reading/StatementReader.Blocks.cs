using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary><c>DO</c> blocks.</summary>
internal sealed partial class StatementReader
{
    /// <summary>
    /// The statements of a <c>DO</c> block's PL/pgSQL, as they are written: each that starts after a semicolon, <c>BEGIN</c>, <c>THEN</c>,
    /// <c>ELSE</c> or <c>LOOP</c>. What it builds as text and executes is seen only in the catalog.
    /// </summary>
    private IEnumerable<SchemaChange> ReadBlock(SqlCursor cursor)
    {
        while (!cursor.AtEnd && cursor.Kind != SqlTokenKind.Text)
        {
            cursor.Advance();
        }

        if (cursor.AtEnd || cursor.Text[0] != '$')
        {
            yield break;
        }

        int tag = cursor.Text[1..].IndexOf('$') + 2;
        int end = cursor.Offset + cursor.Text.Length - (cursor.Text.Length >= 2 * tag ? tag : 0);
        bool starts = true;
        for (int position = cursor.Offset + tag; position < end;)
        {
            SqlToken token = SqlLexer.Read(sql, position);
            position = token.End;
            if (token.Kind is SqlTokenKind.Space or SqlTokenKind.Comment)
            {
                continue;
            }

            if (starts && token.Kind == SqlTokenKind.Word && IsOfInterest(token.Start))
            {
                position = EndOfStatement(token.Start, end);
                foreach (SchemaChange change in Read(SqlCursor.Of(sql, token.Start, position)))
                {
                    yield return change;
                }

                continue;
            }

            starts = token.Kind == SqlTokenKind.Semicolon || sql.AsSpan(token.Start, token.End - token.Start) is var word
                && (word.Equals("BEGIN", StringComparison.OrdinalIgnoreCase) || word.Equals("THEN", StringComparison.OrdinalIgnoreCase)
                    || word.Equals("ELSE", StringComparison.OrdinalIgnoreCase) || word.Equals("LOOP", StringComparison.OrdinalIgnoreCase));
        }
    }

    private int EndOfStatement(int position, int end)
    {
        while (position < end)
        {
            SqlToken token = SqlLexer.Read(sql, position);
            if (token.Kind == SqlTokenKind.Semicolon)
            {
                return token.Start;
            }

            position = token.End;
        }

        return end;
    }
}
