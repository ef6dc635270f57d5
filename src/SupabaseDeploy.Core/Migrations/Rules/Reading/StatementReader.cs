using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary>
/// Reads what a statement changes, as far as the rules ask. Statements that they do not ask about, and those that the server would refuse,
/// give nothing.
/// </summary>
/// <param name="sql">The whole text.</param>
/// <param name="schema">Where objects without a schema in their name go.</param>
internal sealed partial class StatementReader(string sql, string schema)
{
    /// <summary>The changes of the statement between two offsets.</summary>
    public IEnumerable<SchemaChange> Read(int start, int end)
    {
        int first = FirstCode(start, end);
        if (first < 0 || !IsOfInterest(first))
        {
            return [];
        }

        var cursor = SqlCursor.Of(sql, first, end);
        return cursor.Take("DO") ? ReadBlock(cursor) : Read(cursor);
    }

    private int FirstCode(int position, int end)
    {
        while (position < end)
        {
            SqlToken token = SqlLexer.Read(sql, position);
            if (token.Kind is not (SqlTokenKind.Space or SqlTokenKind.Comment))
            {
                return token.Start;
            }

            position = token.End;
        }

        return -1;
    }

    /// <summary>Keeps megabytes of inserted rows from being cut into tokens a second time.</summary>
    private bool IsOfInterest(int start)
    {
        SqlToken token = SqlLexer.Read(sql, start);
        ReadOnlySpan<char> word = sql.AsSpan(token.Start, token.End - token.Start);
        foreach (string verb in s_verbs)
        {
            if (word.Equals(verb, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static readonly string[] s_verbs =
        ["ALTER", "CREATE", "DELETE", "DO", "DROP", "GRANT", "REINDEX", "REVOKE", "SET", "TRUNCATE", "UPDATE"];

    private IEnumerable<SchemaChange> Read(SqlCursor cursor)
    {
        int offset = cursor.Offset;
        if (cursor.Take("CREATE"))
        {
            return One(ReadCreate(cursor, offset));
        }

        if (cursor.Take("ALTER"))
        {
            return ReadAlter(cursor, offset);
        }

        if (cursor.Take("DROP"))
        {
            return ReadDrop(cursor, offset);
        }

        if (cursor.At("GRANT") || cursor.At("REVOKE"))
        {
            return One(ReadGrant(cursor, offset, isDefault: false, inSchemas: []));
        }

        if (cursor.Take("TRUNCATE"))
        {
            cursor.Take("TABLE");
            cursor.Take("ONLY");
            return [.. cursor.Items().Select(item => item.TakeQualifiedName(schema)).OfType<SqlName>().Select(name => new Truncate(offset, name))];
        }

        if (cursor.At("UPDATE") || cursor.At("DELETE"))
        {
            return One(ReadWrite(cursor, offset));
        }

        if (cursor.Take("REINDEX"))
        {
            return One(ReadReindex(cursor, offset));
        }

        return cursor.Take("SET") ? One(ReadSearchPath(cursor, offset)) : [];
    }

    private static SchemaChange[] One(SchemaChange? change) => change is null ? [] : [change];

    private SchemaChange? ReadCreate(SqlCursor cursor, int offset)
    {
        cursor.Take("OR", "REPLACE");
        bool isTemporary = cursor.Take("TEMP") || cursor.Take("TEMPORARY") || cursor.Take("GLOBAL", "TEMPORARY") || cursor.Take("LOCAL", "TEMPORARY");
        bool isUnlogged = cursor.Take("UNLOGGED");
        if (cursor.Take("TABLE") || (!isUnlogged && cursor.Take("FOREIGN", "TABLE")))
        {
            return ReadCreateTable(cursor, offset, isTemporary);
        }

        bool isUnique = cursor.Take("UNIQUE");
        if (cursor.Take("INDEX"))
        {
            return ReadCreateIndex(cursor, offset, isUnique);
        }

        if (cursor.Take("POLICY"))
        {
            return ReadPolicy(cursor) is var (table, policy) ? new CreatePolicy(offset, table, policy) : null;
        }

        if (cursor.Take("FUNCTION") || cursor.Take("PROCEDURE"))
        {
            return ReadCreateFunction(cursor, offset);
        }

        if (cursor.Take("EXTENSION"))
        {
            cursor.Take("IF", "NOT", "EXISTS");
            string? extension = cursor.TakeName();
            return extension is null ? null : new CreateExtension(offset, extension, cursor.SkipTo("SCHEMA") && cursor.Take("SCHEMA") ? cursor.TakeName() : null);
        }

        cursor.Take("RECURSIVE");
        bool isMaterialized = cursor.Take("MATERIALIZED");
        return !isTemporary && cursor.Take("VIEW") ? ReadCreateView(cursor, offset, isMaterialized) : null;
    }

    private IEnumerable<SchemaChange> ReadAlter(SqlCursor cursor, int offset)
    {
        if (cursor.Take("TABLE"))
        {
            return ReadAlterTable(cursor);
        }

        if (cursor.Take("POLICY"))
        {
            return ReadPolicy(cursor) is var (table, policy) ? [new AlterPolicy(offset, table, policy)] : [];
        }

        if (cursor.Take("FUNCTION") || cursor.Take("PROCEDURE") || cursor.Take("ROUTINE"))
        {
            return One(ReadAlterFunction(cursor, offset));
        }

        if (cursor.Take("VIEW"))
        {
            cursor.Take("IF", "EXISTS");
            return cursor.TakeQualifiedName(schema) is { } view && cursor.Take("SET") && cursor.TakeParentheses() is { } options
                ? [new AlterView(offset, view, IsSecurityInvoker(options))]
                : [];
        }

        return cursor.Take("DEFAULT", "PRIVILEGES") ? One(ReadDefaultPrivileges(cursor, offset)) : [];
    }

    private List<SchemaChange> ReadDrop(SqlCursor cursor, int offset)
    {
        string kind = cursor.TakeName() ?? "";
        if (kind is "materialized" or "foreign")
        {
            kind += " " + cursor.TakeName();
        }

        bool isConcurrent = cursor.Take("CONCURRENTLY");
        cursor.Take("IF", "EXISTS");
        if (kind is "policy")
        {
            return cursor.TakeName() is { } policy && cursor.Take("ON") && cursor.TakeQualifiedName(schema) is { } on ? [new DropPolicy(offset, on, policy)] : [];
        }

        bool isCascade = cursor.Rest().SkipTo("CASCADE");
        var changes = new List<SchemaChange>();
        foreach (SqlCursor item in cursor.Items())
        {
            // A schema has no schema; a trigger's or rule's table is not what is dropped.
            SqlName? name = kind is "schema" or "database" or "extension" or "type" && item.TakeQualifiedName("") is { } bare ? bare : item.TakeQualifiedName(schema);
            if (name is { } known)
            {
                changes.Add(kind switch
                {
                    "index" => new DropIndex(offset, known, isConcurrent),
                    "database" => new DropDatabase(offset, known.Name),
                    _ => new DropObject(offset, kind, known, isCascade),
                });
            }
        }

        return changes;
    }

    private WriteRows? ReadWrite(SqlCursor cursor, int offset)
    {
        string verb = cursor.TakeName()!.ToUpperInvariant();
        cursor.Take("FROM");
        cursor.Take("ONLY");
        return cursor.TakeQualifiedName(schema) is { } table ? new WriteRows(offset, verb, table, cursor.SkipTo("WHERE")) : null;
    }

    private static Reindex? ReadReindex(SqlCursor cursor, int offset)
    {
        bool isConcurrent = cursor.TakeParentheses() is { } options && options.SkipTo("CONCURRENTLY");
        cursor.TakeName();
        isConcurrent |= cursor.Take("CONCURRENTLY");
        return cursor.AtEnd ? null : new Reindex(offset, cursor.RestText, isConcurrent);
    }

    private static SetSearchPath? ReadSearchPath(SqlCursor cursor, int offset)
    {
        if (!cursor.Take("LOCAL"))
        {
            cursor.Take("SESSION");
        }

        if (!cursor.TakeIfName("search_path") || !(cursor.Take("TO") || cursor.TakeSymbol('=')))
        {
            return null;
        }

        string? first = cursor.Kind == SqlTokenKind.Text ? cursor.Text.Trim('\'').ToString() : cursor.TakeName();
        return new SetSearchPath(offset, first is null or "" or "$user" or "default" ? null : first);
    }
}
