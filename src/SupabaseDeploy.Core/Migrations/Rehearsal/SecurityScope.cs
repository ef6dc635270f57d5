using SupabaseDeploy.Migrations.Rules.Reading;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// The one object whose privileges, owner, policies or row level security a statement can change. A dump has thousands of such statements,
/// and to read everything around each of them would cost minutes.
/// </summary>
/// <param name="Name">Its name without its schema: objects of the same name elsewhere are read too, and are not different afterwards.</param>
/// <param name="IsFunction">A function or procedure, with whatever arguments; else a table, view or sequence.</param>
internal sealed record SecurityScope(string Name, bool IsFunction)
{
    /// <summary>The object, when the statement says plainly that it is about one; null where everything must be looked at.</summary>
    public static SecurityScope? Of(SqlStatement statement)
    {
        var cursor = SqlCursor.Of(statement.Script, statement.CodeStart, statement.Start + statement.Length);
        return cursor.Take("GRANT") || cursor.Take("REVOKE") ? OfPrivileges(cursor)
            : cursor.Take("CREATE", "POLICY") || cursor.Take("ALTER", "POLICY") || cursor.Take("DROP", "POLICY") ? OfPolicy(cursor)
            : cursor.Take("ALTER") ? OfAlteration(cursor)
            : null;
    }

    private static SecurityScope? OfPrivileges(SqlCursor cursor)
    {
        if (!cursor.SkipTo("ON"))
        {
            return null; // Membership of a role.
        }

        cursor.Advance();
        bool isFunction = cursor.Take("FUNCTION") || cursor.Take("PROCEDURE") || cursor.Take("ROUTINE");
        _ = isFunction || cursor.Take("TABLE") || cursor.Take("SEQUENCE");
        SecurityScope? scope = Named(cursor, isFunction);

        // A list, ALL TABLES IN SCHEMA, SCHEMA name and the like end elsewhere.
        return cursor.At("TO") || cursor.At("FROM") ? scope : null;
    }

    private static SecurityScope? OfPolicy(SqlCursor cursor)
    {
        cursor.Take("IF", "EXISTS");
        return cursor.TakeName() is not null && cursor.Take("ON") ? Named(cursor, isFunction: false) : null;
    }

    private static SecurityScope? OfAlteration(SqlCursor cursor)
    {
        bool isFunction = cursor.Take("FUNCTION") || cursor.Take("PROCEDURE") || cursor.Take("ROUTINE");
        if (!isFunction && !cursor.Take("TABLE") && !cursor.Take("SEQUENCE") && !cursor.Take("VIEW") && !cursor.Take("MATERIALIZED", "VIEW"))
        {
            return null;
        }

        cursor.Take("IF", "EXISTS");
        cursor.Take("ONLY");
        SecurityScope? scope = Named(cursor, isFunction);
        bool isPlain = cursor.Take("OWNER", "TO")
            ? cursor.TakeName() is not null
            : (cursor.Take("ENABLE") || cursor.Take("DISABLE") || cursor.Take("FORCE") || cursor.Take("NO", "FORCE")) && cursor.Take("ROW", "LEVEL", "SECURITY");
        return isPlain && cursor.AtEnd ? scope : null;
    }

    private static SecurityScope? Named(SqlCursor cursor, bool isFunction)
    {
        SqlName? name = cursor.TakeQualifiedName("");
        _ = isFunction && cursor.TakeParentheses() is not null;
        return name is { } found ? new SecurityScope(found.Name, isFunction) : null;
    }
}
