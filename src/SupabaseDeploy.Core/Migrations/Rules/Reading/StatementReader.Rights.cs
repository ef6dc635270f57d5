using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations.Rules.Reading;

/// <summary>What decides who may do what: policies, functions, views and grants.</summary>
internal sealed partial class StatementReader
{
    private (SqlName Table, PolicyDefinition Policy)? ReadPolicy(SqlCursor cursor)
    {
        string? name = cursor.TakeName();
        if (name is null || !cursor.Take("ON") || cursor.TakeQualifiedName(schema) is not { } table)
        {
            return null;
        }

        var policy = new PolicyDefinition(name);
        while (!cursor.AtEnd)
        {
            if (cursor.Take("AS"))
            {
                policy = policy with { IsPermissive = !cursor.Take("RESTRICTIVE") };
            }
            else if (cursor.Take("FOR"))
            {
                policy = policy with { Command = cursor.TakeName() ?? "all" };
            }
            else if (cursor.Take("TO"))
            {
                policy = policy with { Roles = ReadRoles(cursor) };
            }
            else if (cursor.Take("USING"))
            {
                policy = policy with { Using = cursor.TakeParentheses()?.RestText };
            }
            else if (cursor.Take("WITH", "CHECK"))
            {
                policy = policy with { Check = cursor.TakeParentheses()?.RestText };
            }
            else
            {
                cursor.Skip();
            }
        }

        return (table, policy);
    }

    private static List<string> ReadRoles(SqlCursor cursor)
    {
        var roles = new List<string>();
        do
        {
            cursor.Take("GROUP");
            if (cursor.TakeName() is { } role)
            {
                roles.Add(role);
            }
        }
        while (cursor.TakeSymbol(','));
        return roles;
    }

    private CreateFunction? ReadCreateFunction(SqlCursor cursor, int offset)
    {
        if (cursor.TakeQualifiedName(schema) is not { } name)
        {
            return null;
        }

        bool isDefiner = false;
        bool hasSearchPath = false;
        // A body in the SQL standard's form comes last.
        while (!cursor.AtEnd && !cursor.At("BEGIN", "ATOMIC"))
        {
            isDefiner |= cursor.At("SECURITY", "DEFINER");
            hasSearchPath |= SetsSearchPath(cursor.Rest());
            cursor.Skip();
        }

        return new CreateFunction(offset, name, isDefiner, hasSearchPath);
    }

    private SchemaChange? ReadAlterFunction(SqlCursor cursor, int offset)
    {
        if (cursor.TakeQualifiedName(schema) is not { } name)
        {
            return null;
        }

        cursor.TakeParentheses();
        if (cursor.Take("RENAME", "TO"))
        {
            return cursor.TakeName() is { } to ? new RenameFunction(offset, name, name with { Name = to }) : null;
        }

        if (cursor.Take("SET", "SCHEMA"))
        {
            return cursor.TakeName() is { } to ? new RenameFunction(offset, name, name with { Schema = to }) : null;
        }

        bool? isDefiner = cursor.Rest().SkipTo("SECURITY", "DEFINER") ? true : cursor.Rest().SkipTo("SECURITY", "INVOKER") ? false : null;
        bool setsSearchPath = false;
        for (; !cursor.AtEnd && !setsSearchPath; cursor.Skip())
        {
            setsSearchPath = SetsSearchPath(cursor.Rest());
        }

        return isDefiner is null && !setsSearchPath ? null : new AlterFunction(offset, name, isDefiner, setsSearchPath);
    }

    private static bool SetsSearchPath(SqlCursor cursor) => cursor.Take("SET") && cursor.AtName("search_path");

    private CreateView? ReadCreateView(SqlCursor cursor, int offset, bool isMaterialized)
    {
        cursor.Take("IF", "NOT", "EXISTS");
        if (cursor.TakeQualifiedName(schema) is not { } name)
        {
            return null;
        }

        cursor.TakeParentheses();
        bool isInvoker = cursor.Take("WITH") && cursor.TakeParentheses() is { } options && IsSecurityInvoker(options);
        return new CreateView(offset, name, isMaterialized, isInvoker, ReadsAuthUsers(cursor));
    }

    private static bool IsSecurityInvoker(SqlCursor options)
    {
        foreach (SqlCursor option in options.Items())
        {
            if (option.TakeIfName("security_invoker"))
            {
                return !option.TakeSymbol('=') || option.Text.Trim('\'').ToString().ToLowerInvariant() is "true" or "on" or "yes" or "1";
            }
        }

        return false;
    }

    private static bool ReadsAuthUsers(SqlCursor query)
    {
        while (!query.AtEnd)
        {
            if (query.TakeName() is not { } name)
            {
                query.Advance();
            }
            else if (name == "auth" && query.TakeSymbol('.') && query.TakeName() == "users")
            {
                return true;
            }
        }

        return false;
    }

    private TableGrant? ReadDefaultPrivileges(SqlCursor cursor, int offset)
    {
        var schemas = new List<string>();
        while (!cursor.AtEnd && !cursor.At("GRANT") && !cursor.At("REVOKE"))
        {
            if (cursor.Take("IN", "SCHEMA"))
            {
                schemas = ReadRoles(cursor);
            }
            else
            {
                cursor.Advance();
            }
        }

        return ReadGrant(cursor, offset, isDefault: true, schemas);
    }

    /// <summary>A grant on tables; null for one on anything else, or of a role.</summary>
    private TableGrant? ReadGrant(SqlCursor cursor, int offset, bool isDefault, IReadOnlyList<string> inSchemas)
    {
        bool isRevoke = !cursor.Take("GRANT") && cursor.Take("REVOKE");
        cursor.Take("GRANT", "OPTION", "FOR");
        List<string> privileges = ReadPrivileges(cursor);
        if (!cursor.Take("ON"))
        {
            return null;
        }

        var tables = new List<SqlName>();
        IReadOnlyList<string> schemas = inSchemas;
        if (isDefault)
        {
            if (!cursor.Take("TABLES"))
            {
                return null;
            }
        }
        else if (cursor.Take("ALL", "TABLES", "IN", "SCHEMA"))
        {
            schemas = ReadRoles(cursor);
        }
        else
        {
            bool isTable = cursor.Take("TABLE");
            do
            {
                if (cursor.TakeQualifiedName(schema) is { } table)
                {
                    tables.Add(table);
                }
            }
            while (cursor.TakeSymbol(','));
            // 'on schema public', 'on function f()': a kind of object and then its name.
            if (!isTable && !cursor.At("TO") && !cursor.At("FROM"))
            {
                return null;
            }
        }

        return cursor.Take("TO") || cursor.Take("FROM")
            ? new TableGrant(offset, privileges, ReadRoles(cursor)) { Tables = tables, Schemas = schemas, IsDefault = isDefault, IsRevoke = isRevoke }
            : null;
    }

    private static List<string> ReadPrivileges(SqlCursor cursor)
    {
        var privileges = new List<string>();
        while (!cursor.AtEnd && !cursor.At("ON") && !cursor.At("TO") && !cursor.At("FROM"))
        {
            if (cursor.Kind == SqlTokenKind.Word && !cursor.At("PRIVILEGES"))
            {
                privileges.Add(cursor.Text.ToString().ToLowerInvariant());
            }

            cursor.Skip();
        }

        return privileges;
    }
}
