using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary>Tables, their constraints and indexes.</summary>
internal sealed partial class StatementReader
{
    private CreateTable? ReadCreateTable(SqlCursor cursor, int offset, bool isTemporary)
    {
        bool isIfNotExists = cursor.Take("IF", "NOT", "EXISTS");
        if (cursor.TakeQualifiedName(schema) is not { } name)
        {
            return null;
        }

        var table = new CreateTable(offset, name) { IsTemporary = isTemporary, IsIfNotExists = isIfNotExists };
        if (cursor.At("PARTITION", "OF") || cursor.At("AS") || cursor.At("OF"))
        {
            table.IsComplete = false;
        }
        else if (cursor.TakeParentheses() is { } body)
        {
            foreach (SqlCursor item in body.Items())
            {
                ReadTableItem(item, table);
            }

            table.IsComplete &= !cursor.At("INHERITS") && !cursor.At("AS");
        }

        return table;
    }

    private void ReadTableItem(SqlCursor item, CreateTable table)
    {
        if (item.At("LIKE"))
        {
            table.IsComplete = false;
        }
        else if (ReadConstraint(item) is { } constraint)
        {
            table.Constraints.Add(constraint);
        }
        else if (ReadColumn(item) is { } column)
        {
            table.Columns.Add(column);
        }
    }

    /// <summary>A table constraint; null, with nothing passed, when a column's definition comes next.</summary>
    private ConstraintDefinition? ReadConstraint(SqlCursor cursor)
    {
        int offset = cursor.Offset;
        string? name = cursor.Take("CONSTRAINT") ? cursor.TakeName() : null;
        ConstraintKind? kind =
            cursor.Take("PRIMARY", "KEY") ? ConstraintKind.PrimaryKey
            : cursor.Take("FOREIGN", "KEY") ? ConstraintKind.ForeignKey
            : cursor.Take("UNIQUE") ? ConstraintKind.Unique
            : cursor.Take("CHECK") ? ConstraintKind.Check
            : cursor.Take("EXCLUDE") ? ConstraintKind.Exclusion
            : null;
        if (kind is null)
        {
            return null;
        }

        cursor.Take("NULLS", "NOT", "DISTINCT");
        bool usesIndex = cursor.Take("USING", "INDEX");
        SqlCursor? inside = cursor.TakeParentheses();
        SqlName? references = kind == ConstraintKind.ForeignKey && cursor.Take("REFERENCES") ? cursor.TakeQualifiedName(schema) : null;
        return new ConstraintDefinition(name, kind.Value, offset)
        {
            Columns = inside is null || kind is ConstraintKind.Check or ConstraintKind.Exclusion ? [] : [.. inside.Rest().Items().Select(item => item.TakeName()).OfType<string>()],
            References = references,
            IsNotValid = cursor.SkipTo("NOT", "VALID"),
            UsesIndex = usesIndex,
            NotNullColumn = kind == ConstraintKind.Check && inside is not null ? NotNullColumn(inside) : null,
        };
    }

    private static string? NotNullColumn(SqlCursor check)
    {
        while (check.Kind == SqlTokenKind.Open && check.TakeParentheses() is { } inner)
        {
            check = inner;
        }

        return check.TakeName() is { } column && check.Take("IS", "NOT", "NULL") && check.AtEnd ? column : null;
    }

    private IEnumerable<SchemaChange> ReadAlterTable(SqlCursor cursor)
    {
        cursor.Take("IF", "EXISTS");
        cursor.Take("ONLY");
        if (cursor.TakeQualifiedName(schema) is not { } table)
        {
            yield break;
        }

        cursor.TakeSymbol('*');
        foreach (SqlCursor action in cursor.Items())
        {
            if (ReadTableAction(action, table) is { } change)
            {
                yield return change;
            }
        }
    }

    private SchemaChange? ReadTableAction(SqlCursor action, SqlName table)
    {
        int offset = action.Offset;
        if (action.Take("ADD"))
        {
            return ReadAdd(action, table, offset);
        }

        if (action.Take("ALTER"))
        {
            return ReadAlterColumn(action, table, offset);
        }

        if (action.Take("DROP"))
        {
            return ReadDropFromTable(action, table, offset);
        }

        if (action.Take("VALIDATE", "CONSTRAINT"))
        {
            return action.TakeName() is { } constraint ? new ValidateConstraint(offset, table, constraint) : null;
        }

        if (action.Take("RENAME"))
        {
            return ReadRename(action, table, offset);
        }

        if (action.Take("SET", "SCHEMA"))
        {
            return action.TakeName() is { } to ? new RenameTable(offset, table, table with { Schema = to }) : null;
        }

        bool isEnabled = action.Take("ENABLE", "ROW", "LEVEL", "SECURITY");
        return isEnabled || action.Take("DISABLE", "ROW", "LEVEL", "SECURITY") ? new SetRowSecurity(offset, table, isEnabled) : null;
    }

    private SchemaChange? ReadAdd(SqlCursor action, SqlName table, int offset)
    {
        bool isColumn = action.Take("COLUMN");
        bool isIfNotExists = action.Take("IF", "NOT", "EXISTS");
        if (!isColumn && !isIfNotExists && ReadConstraint(action) is { } constraint)
        {
            return new AddConstraint(offset, table, constraint);
        }

        return ReadColumn(action) is { } column ? new AddColumn(offset, table, column, isIfNotExists) : null;
    }

    private static SchemaChange? ReadAlterColumn(SqlCursor action, SqlName table, int offset)
    {
        action.Take("COLUMN");
        if (action.TakeName() is not { } column)
        {
            return null;
        }

        if (action.Take("SET", "NOT", "NULL"))
        {
            return new SetNotNull(offset, table, column);
        }

        return action.Take("SET", "DATA", "TYPE") || action.Take("TYPE")
            ? new ChangeType(offset, table, column, ReadType(action), action.SkipTo("USING"))
            : null;
    }

    private static SchemaChange? ReadDropFromTable(SqlCursor action, SqlName table, int offset)
    {
        bool isConstraint = action.Take("CONSTRAINT");
        action.Take("COLUMN");
        action.Take("IF", "EXISTS");
        if (isConstraint)
        {
            return action.TakeName() is { } constraint ? new DropConstraint(offset, table, constraint) : null;
        }

        return action.TakeName() is { } column ? new DropColumn(offset, table, column) : null;
    }

    private static SchemaChange? ReadRename(SqlCursor action, SqlName table, int offset)
    {
        if (action.Take("TO"))
        {
            return action.TakeName() is { } to ? new RenameTable(offset, table, table with { Name = to }) : null;
        }

        if (action.At("CONSTRAINT"))
        {
            return null;
        }

        action.Take("COLUMN");
        return action.TakeName() is { } column && action.Take("TO") && action.TakeName() is { } name ? new RenameColumn(offset, table, column, name) : null;
    }

    private CreateIndex? ReadCreateIndex(SqlCursor cursor, int offset, bool isUnique)
    {
        bool isConcurrent = cursor.Take("CONCURRENTLY");
        cursor.Take("IF", "NOT", "EXISTS");
        string? name = cursor.At("ON") ? null : cursor.TakeName();
        string definition = cursor.RestText;
        if (!cursor.Take("ON"))
        {
            return null;
        }

        cursor.Take("ONLY");
        SqlName? table = cursor.TakeQualifiedName(schema);
        if (cursor.Take("USING"))
        {
            cursor.TakeName();
        }

        if (table is not { } known || cursor.TakeParentheses() is not { } columns)
        {
            return null;
        }

        return new CreateIndex(offset, known)
        {
            Name = name,
            Columns = [.. columns.Items().Select(IndexColumn)],
            IsConcurrent = isConcurrent,
            IsUnique = isUnique,
            Definition = definition,
        };
    }

    // A name that is called is an expression: lower(email).
    private static string? IndexColumn(SqlCursor item) => item.TakeName() is { } column && item.Kind != SqlTokenKind.Open ? column : null;
}
