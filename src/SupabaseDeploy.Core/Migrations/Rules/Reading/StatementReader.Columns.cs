using System.Text;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary>Columns.</summary>
internal sealed partial class StatementReader
{
    private ColumnDefinition? ReadColumn(SqlCursor cursor)
    {
        int offset = cursor.Offset;
        if (cursor.TakeName() is not { } name)
        {
            return null;
        }

        var column = new ColumnDefinition(name, ReadType(cursor), offset);
        while (!cursor.AtEnd)
        {
            ReadColumnConstraint(cursor, column);
        }

        return column with { IsNotNull = column.IsNotNull || column.IsPrimaryKey || column.IsIdentity };
    }

    private void ReadColumnConstraint(SqlCursor cursor, ColumnDefinition column)
    {
        if (cursor.Take("NOT", "NULL"))
        {
            column.IsNotNull = true;
        }
        else if (cursor.Take("PRIMARY", "KEY"))
        {
            column.IsPrimaryKey = true;
        }
        else if (cursor.Take("UNIQUE"))
        {
            column.IsUnique = true;
        }
        else if (cursor.Take("CHECK"))
        {
            column.HasCheck = true;
            cursor.TakeParentheses();
        }
        else if (cursor.Take("REFERENCES"))
        {
            column.References = cursor.TakeQualifiedName(schema);
            cursor.TakeParentheses();
            PassReferenceActions(cursor);
        }
        else if (cursor.Take("DEFAULT"))
        {
            column.Default = ReadExpression(cursor);
        }
        else if (cursor.Take("GENERATED"))
        {
            cursor.Take("BY", "DEFAULT");
            cursor.Take("ALWAYS");
            cursor.Take("AS");
            column.IsIdentity = cursor.Take("IDENTITY");
            bool isExpression = cursor.TakeParentheses() is not null && !column.IsIdentity;
            column.IsStored = isExpression && !cursor.Take("VIRTUAL");
        }
        else
        {
            cursor.Skip();
        }
    }

    // ON DELETE SET DEFAULT and SET NULL would otherwise read as constraints.
    private static void PassReferenceActions(SqlCursor cursor)
    {
        cursor.Take("MATCH", "FULL");
        while (cursor.Take("ON", "DELETE") || cursor.Take("ON", "UPDATE"))
        {
            if (cursor.Take("SET"))
            {
                cursor.TakeName();
                cursor.TakeParentheses();
            }
            else if (!cursor.Take("NO", "ACTION"))
            {
                cursor.TakeName();
            }
        }
    }

    private static string ReadExpression(SqlCursor cursor)
    {
        string rest = cursor.RestText;
        int start = cursor.Offset;
        for (bool isFirst = true; !cursor.AtEnd && (isFirst || !StartsColumnConstraint(cursor)); isFirst = false)
        {
            cursor.Skip();
        }

        return rest[..Math.Max(0, cursor.PreviousEnd - start)];
    }

    private static bool StartsColumnConstraint(SqlCursor cursor) =>
        cursor.At("NOT", "NULL") || cursor.At("NULL") || cursor.At("CONSTRAINT") || cursor.At("PRIMARY") || cursor.At("UNIQUE") || cursor.At("REFERENCES")
        || cursor.At("CHECK") || cursor.At("DEFAULT") || cursor.At("GENERATED") || cursor.At("COLLATE") || cursor.At("DEFERRABLE") || cursor.At("INITIALLY")
        || cursor.At("STORAGE") || cursor.At("COMPRESSION") || cursor.At("USING");

    /// <summary>A type in lower case, with one space between words: <c>timestamp with time zone</c>, <c>numeric(10,2)</c>, <c>text[]</c>.</summary>
    private static string ReadType(SqlCursor cursor)
    {
        var type = new StringBuilder();
        bool afterWord = false;
        while (!cursor.AtEnd && !StartsColumnConstraint(cursor))
        {
            bool isWord = cursor.Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName;
            string text = cursor.Text.ToString();
            // Dumps quote every name; "char" in quotes is another type than char without.
            text = cursor.Kind == SqlTokenKind.QuotedName && text != "\"char\"" ? text.Trim('"') : text.ToLowerInvariant();
            type.Append(isWord && afterWord ? " " : "").Append(text);
            afterWord = isWord || cursor.Kind == SqlTokenKind.Close;
            cursor.Advance();
        }

        return type.ToString();
    }
}
