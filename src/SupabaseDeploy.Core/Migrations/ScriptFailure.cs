using System.Globalization;
using System.Text;
using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Says where in a file the server stumbled: file, line, column, the line with a caret, and everything the server said.</summary>
internal static class ScriptFailure
{
    /// <summary>What to do about a statement that the server refuses.</summary>
    public const string CorrectTheFile = "Correct the file and run the command again: it continues with this file.";

    private const int WidestLine = 120;

    // No connection, no resources (a full disk too), a system error, an internal error: https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static readonly string[] s_serverClasses = ["08", "53", "58", "XX"];

    /// <summary>The error for a statement of <paramref name="script"/>; <paramref name="statement"/> is null when our own statement around it failed.</summary>
    public static DeployException Describe(SqlScript script, SqlStatement? statement, PostgresException error, string outcome)
    {
        TextPlace? place = statement is null ? null : Place(script, statement, error);
        var message = new StringBuilder($"'{script.FileName}' failed");
        message.Append(place is null ? Around(error) : $" at line {place.Line}, column {place.Column}");
        message.Append(CultureInfo.InvariantCulture, $": {error.MessageText} (SQLSTATE {error.SqlState})");
        if (place is not null)
        {
            AppendSource(message, place);
        }

        AppendPart(message, "Detail", error.Detail);
        AppendPart(message, "Hint", error.Hint);
        AppendPart(message, "Where", error.Where);
        message.Append('\n').Append(outcome);
        return new DeployException(ErrorTable.MigrationFailed, message.ToString(), Remedy(script, statement, error), script.Path, error);
    }

    /// <summary>False where the same file may well succeed at another time, or with another role.</summary>
    public static bool IsOfTheFile(PostgresException error) =>
        error.SqlState is not (PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.InsufficientPrivilege
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow)
        && !s_serverClasses.Contains(error.SqlState[..2]);

    // One of our own statements around the file's.
    private static string Around(PostgresException error) => error.BatchCommand?.CommandText switch
    {
        null or "commit" => " when it was committed",
        { } sql when sql.Contains("supabase_migrations.", StringComparison.Ordinal) => " when it was recorded in the history",
        _ => " before its first statement",
    };

    // Position counts characters of the statement as it was sent, from 1; 0 says that the server names no place, as inside a function.
    private static TextPlace Place(SqlScript script, SqlStatement statement, PostgresException error)
    {
        int sent = statement.CopyRows is null ? statement.Start : statement.CodeStart;
        int offset = error.Position > 0 ? sent + TextPlace.OffsetOf(script.Text.AsSpan(sent), error.Position - 1) : statement.CodeStart;
        return TextPlace.Of(script.Text, offset);
    }

    private static void AppendSource(StringBuilder message, TextPlace place)
    {
        string number = place.Line.ToString(CultureInfo.InvariantCulture);
        (string source, int caret) = Shorten(place.LineText, TextPlace.OffsetOf(place.LineText, place.Column - 1));
        message.Append(CultureInfo.InvariantCulture, $"\n  {number} | {source}");
        message.Append('\n').Append(' ', number.Length + 3).Append("| ").Append(Indent(source.AsSpan(0, caret))).Append('^');
    }

    /// <summary>A window of a very long line around the caret.</summary>
    private static (string Source, int Caret) Shorten(string line, int caret)
    {
        if (line.Length <= WidestLine)
        {
            return (line, caret);
        }

        int start = Math.Clamp(caret - (WidestLine / 2), 0, line.Length - WidestLine);
        int end = start + WidestLine;
        start -= start > 0 && char.IsLowSurrogate(line[start]) ? 1 : 0;
        end -= end < line.Length && char.IsLowSurrogate(line[end]) ? 1 : 0;
        string before = start > 0 ? "…" : "";
        string after = end < line.Length ? "…" : "";
        return ($"{before}{line[start..end]}{after}", caret - start + before.Length);
    }

    /// <summary>As wide as the text on a terminal: tabs stay tabs, East Asian characters and emoji take two columns.</summary>
    private static string Indent(ReadOnlySpan<char> text)
    {
        var indent = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            indent.Append(rune.Value == '\t' ? "\t" : IsWide(rune.Value) ? "  " : IsCombining(rune) ? "" : " ");
        }

        return indent.ToString();
    }

    private static bool IsCombining(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format;

    // The wide blocks of Unicode Standard Annex 11.
    private static bool IsWide(int rune) => rune is
        (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD);

    private static void AppendPart(StringBuilder message, string label, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            message.Append(CultureInfo.InvariantCulture, $"\n{label}: {text}");
        }
    }

    private static string Remedy(SqlScript script, SqlStatement? statement, PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.ActiveSqlTransaction or PostgresErrorCodes.InvalidTransactionTermination =>
            "Put the statement into a migration file of its own whose first line is '-- pg-delta: transaction=false'.",
        "55P04" => $"Use the new value in a later migration file: it exists only after this one is committed.{(statement is null || script.Mode != ScriptMode.OneTransaction ? "" : " " + FileSplit.Describe(script, statement))}",
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure =>
            "Run the command again when the other session is done.",
        PostgresErrorCodes.InsufficientPrivilege => "Grant the missing right to the role of the database URL, or sign in with the role that has it.",
        _ when !IsOfTheFile(error) => "Look at the server, then run the command again: it continues with this file.",
        _ => CorrectTheFile,
    };
}
