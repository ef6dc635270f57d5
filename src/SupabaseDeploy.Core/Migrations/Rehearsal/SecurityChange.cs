namespace SupabaseDeploy.Migrations;

/// <summary>Says in the words of SQL what changed between two values of one <see cref="SecurityKey"/>.</summary>
internal static class SecurityChange
{
    private const string AllOfTables = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER";

    public static IEnumerable<string> Describe(SecurityKey key, string? before, string? after)
    {
        if (before == after)
        {
            return [];
        }

        return key.Aspect switch
        {
            "policy" => [$"{(before is null ? "CREATE" : after is null ? "DROP" : "ALTER")} POLICY {key.Object}"],
            "member" => [after is null ? $"REVOKE {key.Object.Replace(" to ", " FROM ", StringComparison.Ordinal)}" : $"GRANT {key.Object.Replace(" to ", " TO ", StringComparison.Ordinal)}"],
            "role" => [$"{(before is null ? "CREATE" : after is null ? "DROP" : "ALTER")} ROLE {key.Object}{(after is null ? "" : $" ({after})")}"],
            "enabled" => Both(before, after, () => $"{(after == "true" ? "ENABLE" : "DISABLE")} ROW LEVEL SECURITY on {key.Object}"),
            "forced" => Both(before, after, () => $"{(after == "true" ? "FORCE" : "NO FORCE")} ROW LEVEL SECURITY on {key.Object}"),
            "owner" => Both(before, after, () => $"OWNER of {key.Object} from {before} to {after}"),
            // Absent before: nothing was granted; tables and functions always have a value, so only new ones lack it.
            _ when IsAlwaysThere(key.Object) => before is null || after is null ? [] : Privileges(key.Object, before, after),
            _ => Privileges(key.Object, before ?? "{}", after ?? "{}"),
        };
    }

    private static bool IsAlwaysThere(string name) =>
        !name.StartsWith("future ", StringComparison.Ordinal) && !name.StartsWith("column ", StringComparison.Ordinal);

    private static IEnumerable<string> Both(string? before, string? after, Func<string> text) => before is null || after is null ? [] : [text()];

    private static IEnumerable<string> Privileges(string name, string before, string after)
    {
        Dictionary<string, string[]> old = Read(before);
        Dictionary<string, string[]> now = Read(after);
        foreach (string grantee in old.Keys.Union(now.Keys).Order(StringComparer.Ordinal))
        {
            string[] had = old.GetValueOrDefault(grantee) ?? [];
            string[] has = now.GetValueOrDefault(grantee) ?? [];
            string[] lost = [.. had.Except(has)];
            string[] gained = [.. has.Except(had)];
            if (lost.Length > 0)
            {
                yield return $"REVOKE {Names(lost)} on {name} from {grantee}";
            }

            if (gained.Length > 0)
            {
                yield return $"GRANT {Names(gained)} on {name} to {grantee}";
            }
        }
    }

    private static string Names(string[] privileges)
    {
        string names = string.Join(", ", privileges);
        return names == AllOfTables ? "ALL" : names;
    }

    /// <summary>An access control list as text: <c>{anon=r/postgres,=X/postgres}</c>, read as privileges by grantee.</summary>
    private static Dictionary<string, string[]> Read(string list)
    {
        var byGrantee = new Dictionary<string, string[]>();
        foreach (string item in Items(list))
        {
            int equals = item.LastIndexOf('=', item.LastIndexOf('/'));
            string grantee = equals == 0 ? "PUBLIC" : item[..equals];
            string[] privileges = [.. Letters(item[(equals + 1)..item.LastIndexOf('/')])];
            byGrantee[grantee] = [.. (byGrantee.GetValueOrDefault(grantee) ?? []).Union(privileges).OrderBy(Rank)];
        }

        return byGrantee;
    }

    /// <summary>The elements of an array as PostgreSQL writes it; those with special characters are in double quotes.</summary>
    private static IEnumerable<string> Items(string list)
    {
        var item = new System.Text.StringBuilder();
        bool isQuoted = false;
        for (int i = 1; i < list.Length - 1; i++)
        {
            switch (list[i])
            {
                case '"':
                    isQuoted = !isQuoted;
                    break;
                case '\\':
                    item.Append(list[++i]);
                    break;
                case ',' when !isQuoted:
                    yield return item.ToString();
                    item.Clear();
                    break;
                default:
                    item.Append(list[i]);
                    break;
            }
        }

        if (item.Length > 0)
        {
            yield return item.ToString();
        }
    }

    private static IEnumerable<string> Letters(string letters)
    {
        for (int i = 0; i < letters.Length; i++)
        {
            bool mayGrant = i + 1 < letters.Length && letters[i + 1] == '*';
            yield return Word(letters[i]) + (mayGrant ? " WITH GRANT OPTION" : "");
            i += mayGrant ? 1 : 0;
        }
    }

    private static string Word(char letter) => letter switch
    {
        'r' => "SELECT",
        'a' => "INSERT",
        'w' => "UPDATE",
        'd' => "DELETE",
        'D' => "TRUNCATE",
        'x' => "REFERENCES",
        't' => "TRIGGER",
        'X' => "EXECUTE",
        'U' => "USAGE",
        'C' => "CREATE",
        'm' => "MAINTAIN",
        _ => letter.ToString(),
    };

    private static int Rank(string privilege)
    {
        int place = AllOfTables.IndexOf(privilege.Split(' ')[0], StringComparison.Ordinal);
        return place < 0 ? int.MaxValue : place;
    }
}
