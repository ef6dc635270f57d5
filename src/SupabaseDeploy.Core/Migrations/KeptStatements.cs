using System.Globalization;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Says what a failure leaves of a file of several transactions.</summary>
internal static class KeptStatements
{
    public const string None = "Nothing of this file was kept.";

    /// <summary>When the first <paramref name="done"/> of the script's statements are committed and remembered.</summary>
    public static string Describe(SqlScript script, int done)
    {
        int count = script.Statements.Take(done).Count(statement => statement.HasCode);
        if (count == 0)
        {
            return None;
        }

        string kept = count == 1
            ? $"Its first statement ({Lines(script, done)}) was kept and is remembered"
            : string.Create(CultureInfo.InvariantCulture, $"Its first {count} statements ({Lines(script, done)}) were kept and are remembered");
        string next = script.Statements.Skip(done).FirstOrDefault(statement => statement.HasCode) is { } statement
            ? string.Create(CultureInfo.InvariantCulture, $"The next run continues at line {statement.Line}.")
            : "The next run records it.";
        return $"{kept}, and the file is not recorded as applied. {next}";
    }

    /// <summary>What a run says that continues behind the first <paramref name="done"/> statements.</summary>
    public static Notice Continuing(SqlScript script, int done)
    {
        int count = script.Statements.Take(done).Count(statement => statement.HasCode);
        return new Notice($"'{script.FileName}' was begun before: going on behind its first {count} {(count == 1 ? "statement" : "statements")}, which ran then.");
    }

    private static string Lines(SqlScript script, int done)
    {
        SqlStatement[] kept = [.. script.Statements.Take(done).Where(statement => statement.HasCode)];
        int first = kept[0].Line;
        int last = TextPlace.Of(script.Text, kept[^1].Start + kept[^1].Length).Line;
        return first == last
            ? string.Create(CultureInfo.InvariantCulture, $"line {first}")
            : string.Create(CultureInfo.InvariantCulture, $"lines {first} to {last}");
    }
}
