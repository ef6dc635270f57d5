using System.Globalization;
using System.Numerics;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Says how a file that cannot run as one is cut into files that can: their names, and what goes where.</summary>
internal static class FileSplit
{
    /// <summary>The cut of a file in which statements that cannot run in a transaction stand among others.</summary>
    public static string Describe(SqlScript script, IReadOnlyList<StatementRole> roles)
    {
        var parts = new List<(int First, int Last)>();
        bool? isOutside = null;
        for (int i = 0; i < roles.Count; i++)
        {
            // Settings and comments go with what follows them.
            if (roles[i] is not (StatementRole.Ordinary or StatementRole.OutsideTransaction))
            {
                continue;
            }

            bool outside = roles[i] == StatementRole.OutsideTransaction;
            int first = parts.Count == 0 ? 0 : parts[^1].Last + 1;
            if (outside == isOutside)
            {
                parts[^1] = (parts[^1].First, i);
            }
            else
            {
                parts.Add((first, i));
            }

            isOutside = outside;
        }

        parts[^1] = (parts[^1].First, roles.Count - 1);
        return Describe(script, parts);
    }

    /// <summary>The cut before one statement.</summary>
    public static string Describe(SqlScript script, SqlStatement firstOfSecond)
    {
        int index = script.Statements.TakeWhile(statement => statement.Start < firstOfSecond.Start).Count();
        return Describe(script, [(0, index - 1), (index, script.Statements.Count - 1)]);
    }

    private static string Describe(SqlScript script, List<(int First, int Last)> parts)
    {
        IReadOnlyList<string> names = Names(script, parts.Count - 1);
        IEnumerable<string> cuts = parts.Select((part, i) =>
            $"{(i == 0 ? $"keep {Lines(script, part)} in '{script.FileName}'" : $"move {Lines(script, part)} to '{names[i - 1]}'")}");
        string text = string.Join(", ", cuts);
        return $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
    }

    private static string Lines(SqlScript script, (int First, int Last) part)
    {
        int first = TextPlace.Of(script.Text, script.Statements[part.First].Start).Line;
        SqlStatement last = script.Statements[part.Last];
        int end = TextPlace.Of(script.Text, last.Start + last.Length).Line;
        return first == end ? string.Create(CultureInfo.InvariantCulture, $"line {first}") : string.Create(CultureInfo.InvariantCulture, $"lines {first} to {end}");
    }

    /// <summary>Versions that come directly after the file's own and before the next file's.</summary>
    private static IReadOnlyList<string> Names(SqlScript script, int count)
    {
        int underscore = script.FileName.IndexOf('_', StringComparison.Ordinal);
        string version = script.FileName[..Math.Max(underscore, 0)];
        string rest = script.FileName[Math.Max(underscore, 0)..^(script.FileName.EndsWith(".sql", StringComparison.Ordinal) ? ".sql".Length : 0)];
        string[] others = Directory.Exists(Path.GetDirectoryName(script.Path))
            ? [.. Directory.EnumerateFiles(Path.GetDirectoryName(script.Path)!, "*_*.sql").Select(file => Path.GetFileName(file).Split('_')[0])]
            : [];
        string? next = others.Where(other => string.CompareOrdinal(other, version) > 0).Min(StringComparer.Ordinal);

        bool Fits(string candidate) => candidate.Length == version.Length && (next is null || string.CompareOrdinal(candidate, next) < 0);
        string[] counted = [.. Enumerable.Range(1, count).Select(step => Plus(version, step))];
        IEnumerable<string> versions = counted.All(Fits) ? counted : Enumerable.Range(1, count).Select(step => version + step.ToString($"D{count.ToString(CultureInfo.InvariantCulture).Length}", CultureInfo.InvariantCulture));
        return [.. versions.Select((part, i) => $"{part}{rest}_{i + 2}.sql")];
    }

    private static string Plus(string version, int step) =>
        BigInteger.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out BigInteger number)
            ? (number + step).ToString(CultureInfo.InvariantCulture).PadLeft(version.Length, '0')
            : version;
}
