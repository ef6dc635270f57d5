using System.Text.RegularExpressions;

namespace SupabaseDeploy.Backups;

/// <summary>One statement of <c>roles.sql</c>.</summary>
/// <param name="Role">The role that it creates or changes; for a membership, the member.</param>
/// <param name="Sql">The statement without its semicolon.</param>
public sealed record RoleStatement(string Role, string Sql)
{
    /// <summary>True for <c>CREATE ROLE</c>.</summary>
    public bool Creates => Sql.StartsWith("CREATE ROLE ", StringComparison.Ordinal);
}

/// <summary>
/// Reads what pg_dumpall writes about roles, so that statements can be chosen: a server that has some of the roles keeps them.
/// psql's commands in it (<c>\restrict</c>) and settings of the session are left out.
/// </summary>
public static partial class RolesScript
{
    /// <summary>The statements about roles, in order.</summary>
    public static IReadOnlyList<RoleStatement> Parse(string text) =>
        [.. Split(text).Select(sql => (Sql: sql, Match: Statement().Match(sql))).Where(found => found.Match.Success).Select(found => new RoleStatement(Role(found.Match), found.Sql))];

    private static string Role(Match match)
    {
        string name = match.Groups["role"].Value;
        return name.StartsWith('"') ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;
    }

    private static IEnumerable<string> Split(string text)
    {
        string statement = "";
        foreach (string line in text.Split('\n'))
        {
            if (statement.Length == 0 && (line.Length == 0 || line.StartsWith("--", StringComparison.Ordinal) || line.StartsWith('\\')))
            {
                continue;
            }

            statement += statement.Length == 0 ? line : "\n" + line;
            if (line.EndsWith(';') && !EndsInsideQuotes(statement))
            {
                yield return statement[..^1];
                statement = "";
            }
        }
    }

    // pg_dumpall ends every statement at the end of a line; a quote still open there belongs to a value of several lines.
    private static bool EndsInsideQuotes(string statement)
    {
        char? open = null;
        foreach (char character in statement)
        {
            if (character == open)
            {
                open = null;
            }
            else if (character is '\'' or '"')
            {
                open ??= character;
            }
        }

        return open is not null;
    }

    [GeneratedRegex("""^(?:(?:CREATE|ALTER|COMMENT ON) ROLE|GRANT (?:"(?:[^"]|"")+"|[^ ]+) TO) (?<role>"(?:[^"]|"")+"|[^ ;]+)""", RegexOptions.CultureInvariant)]
    private static partial Regex Statement();
}
