using System.Text;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>The text of a file whose statements the history keeps: it is split into the same ones again.</summary>
internal static class HistoryText
{
    public static string Of(IReadOnlyList<string> statements)
    {
        var text = new StringBuilder();
        for (int i = 0; i < statements.Count; i++)
        {
            text.Append(statements[i]).Append(Ending(statements[i], isLast: i == statements.Count - 1));
        }

        return text.ToString();
    }

    private static string Ending(string statement, bool isLast)
    {
        SqlStatement[] parts = [.. SqlSplitter.Split(statement)];
        if (parts.Length > 0 && parts[^1].CopyData is not null)
        {
            return "\n"; // The rows of a COPY end with a line of their own.
        }

        if (isLast && parts.Length > 0 && !parts[^1].HasCode)
        {
            return "\n"; // A comment at the end of a file needs no semicolon.
        }

        return EndsInLineComment(statement) ? "\n;\n" : ";\n";
    }

    private static bool EndsInLineComment(string statement)
    {
        SqlToken last = default;
        for (int position = 0; position < statement.Length; position = last.End)
        {
            last = SqlLexer.Read(statement, position);
        }

        return last.Kind == SqlTokenKind.Comment && statement.AsSpan(last.Start).StartsWith("--", StringComparison.Ordinal);
    }
}
