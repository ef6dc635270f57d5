using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace SupabaseDeploy.Deployments;

/// <summary>What down scripts would drop, with the number of rows that are in it now.</summary>
internal static partial class DataLossEstimate
{
    /// <summary>One line for each table or column that the scripts drop and that exists.</summary>
    public static async Task<IReadOnlyList<string>> MeasureAsync(
        NpgsqlConnection connection, IEnumerable<string> downScripts, CancellationToken cancellationToken)
    {
        var losses = new List<string>();
        foreach (string script in downScripts)
        {
            string sql = Comment().Replace(await File.ReadAllTextAsync(script, cancellationToken).ConfigureAwait(false), " ");
            foreach (string table in DropTable().Matches(sql).SelectMany(match => match.Groups["name"].Value.Split(',', StringSplitOptions.TrimEntries)))
            {
                await AddAsync(losses, connection, table, $"table {table}", cancellationToken).ConfigureAwait(false);
            }

            foreach (Match match in DropColumn().Matches(sql))
            {
                string table = match.Groups["name"].Value;
                await AddAsync(losses, connection, table, $"column {table}.{match.Groups["column"].Value}", cancellationToken).ConfigureAwait(false);
            }
        }

        return losses;
    }

    private static async Task AddAsync(
        List<string> losses, NpgsqlConnection connection, string table, string what, CancellationToken cancellationToken)
    {
        using var exists = new NpgsqlCommand("select to_regclass($1)::text", connection) { Parameters = { new NpgsqlParameter { Value = table } } };
        if (await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not string name)
        {
            return;
        }

        // The server itself wrote the name, quoted where it has to be.
        using var count = new NpgsqlCommand($"select count(*) from {name}", connection);
        long rows = (long)(await count.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        losses.Add(string.Create(CultureInfo.InvariantCulture, $"{what} ({rows} {(rows == 1 ? "row" : "rows")})"));
    }

    [GeneratedRegex(@"--[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bdrop\s+table\s+(?:if\s+exists\s+)?(?<name>[\w.""]+(?:\s*,\s*[\w.""]+)*)", RegexOptions.IgnoreCase)]
    private static partial Regex DropTable();

    [GeneratedRegex(@"\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?<name>[\w.""]+)\s+(?:[^;]*?,\s*)?drop\s+column\s+(?:if\s+exists\s+)?(?<column>[\w""]+)", RegexOptions.IgnoreCase)]
    private static partial Regex DropColumn();
}
