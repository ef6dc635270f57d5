using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary>Reads the condition of a policy, as it was written or as the server writes it.</summary>
internal static class PolicyExpression
{
    /// <summary><c>true</c>, however it is wrapped in parentheses, or <c>1 = 1</c>.</summary>
    public static bool IsAlwaysTrue(string? expression) =>
        expression is not null && string.Concat(expression.Where(c => !char.IsWhiteSpace(c) && c is not ('(' or ')'))).ToLowerInvariant() is "true" or "1=1";

    /// <summary>
    /// The first call of <c>auth.uid()</c>, <c>auth.jwt()</c>, <c>auth.role()</c>, <c>auth.email()</c> or <c>current_setting(…)</c> that the server
    /// repeats for every row: one that is not in a <c>(select …)</c> of its own, without <c>from</c>. Null when there is none.
    /// </summary>
    public static string? CallPerRow(string? expression) =>
        expression is null ? null : CallPerRow(SqlCursor.Of(expression, 0, expression.Length));

    private static string? CallPerRow(SqlCursor cursor)
    {
        while (!cursor.AtEnd)
        {
            string? called = cursor.Rest() is var ahead && ahead.TakeIfName("current_setting") && ahead.Kind == SqlTokenKind.Open ? "current_setting()" : AuthCall(cursor.Rest());
            if (called is not null)
            {
                return called;
            }

            if (cursor.TakeParentheses() is not { } inner)
            {
                cursor.Advance();
            }
            else if (!IsOwnSelect(inner) && CallPerRow(inner) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static string? AuthCall(SqlCursor cursor) =>
        cursor.TakeName() == "auth" && cursor.TakeSymbol('.') && cursor.TakeName() is { } name && name is "uid" or "jwt" or "role" or "email"
        && cursor.Kind == SqlTokenKind.Open
            ? $"auth.{name}()"
            : null;

    private static bool IsOwnSelect(SqlCursor inner) => inner.At("SELECT") && !inner.Rest().SkipTo("FROM");

    /// <summary>
    /// True when the condition reads <c>user_metadata</c> of the token; <c>raw_user_meta_data</c> is the same in <c>auth.users</c>.
    /// </summary>
    public static bool MentionsUserMetadata(string? expression) =>
        expression is not null && (expression.Contains("'user_metadata'", StringComparison.Ordinal) || expression.Contains("raw_user_meta_data", StringComparison.OrdinalIgnoreCase)
            || expression.Contains("{user_metadata", StringComparison.Ordinal));

    /// <summary>
    /// The columns that the condition compares for equality with the result of a call or a sub-select, outside of sub-selects: those through
    /// which the server could find the rows by an index.
    /// </summary>
    public static IEnumerable<string> ComparedColumns(string? expression, string table, IReadOnlyDictionary<string, string> columns)
    {
        if (expression is null)
        {
            return [];
        }

        var found = new List<string>();
        CollectColumns(SqlCursor.Of(expression, 0, expression.Length), table, columns, found);
        return found.Distinct();
    }

    private static void CollectColumns(SqlCursor cursor, string table, IReadOnlyDictionary<string, string> columns, List<string> found)
    {
        bool followsCall = false;
        bool followsEquals = false;
        while (!cursor.AtEnd)
        {
            if (cursor.Kind == SqlTokenKind.Open)
            {
                SqlCursor inner = cursor.TakeParentheses()!;
                if (!inner.At("SELECT") && !inner.At("WITH"))
                {
                    CollectColumns(inner, table, columns, found);
                }

                (followsCall, followsEquals) = (true, false);
            }
            else if (cursor.TakeName() is { } name)
            {
                name = name == table && cursor.TakeSymbol('.') ? cursor.TakeName() ?? name : name;
                bool isColumn = columns.ContainsKey(name) && cursor.Kind != SqlTokenKind.Open && !cursor.AtSymbol('.') && !cursor.AtSymbol(':');
                if (isColumn && ((followsEquals && followsCall) || IsComparedWithCall(cursor.Rest())))
                {
                    found.Add(name);
                }

                followsCall &= followsEquals;
                followsEquals = false;
            }
            else if (followsCall && cursor.AtSymbol(':'))
            {
                PassCast(cursor);
            }
            else
            {
                followsEquals = followsCall && cursor.AtSymbol('=');
                followsCall &= followsEquals;
                cursor.Advance();
            }
        }
    }

    private static void PassCast(SqlCursor cursor)
    {
        while (cursor.TakeSymbol(':'))
        {
            // Two colons are two tokens.
        }

        cursor.TakeName();
    }

    // Constants tell many rows from few others only: status = 'open' is not what an index is for.
    private static bool IsComparedWithCall(SqlCursor cursor)
    {
        if (cursor.Take("IN"))
        {
            return cursor.TakeParentheses() is { } list && list.At("SELECT");
        }

        if (!cursor.TakeSymbol('='))
        {
            return false;
        }

        cursor.Take("ANY");
        while (cursor.Kind == SqlTokenKind.Open && cursor.TakeParentheses() is { } inner)
        {
            if (inner.At("SELECT"))
            {
                return true;
            }

            cursor = inner;
        }

        return IsCall(cursor);
    }

    private static bool IsCall(SqlCursor cursor)
    {
        while (cursor.TakeName() is not null && cursor.TakeSymbol('.'))
        {
            // The schema of the function.
        }

        return cursor.Kind == SqlTokenKind.Open;
    }
}
