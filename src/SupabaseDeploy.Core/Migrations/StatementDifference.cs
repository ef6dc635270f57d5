using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Compares the statements of a file with those that the history keeps.</summary>
internal static class StatementDifference
{
    // A table of so many cells takes a moment and a few megabytes; files that differ in more are shown as a whole.
    private const long MostCells = 4_000_000;

    /// <summary>How far the two differ.</summary>
    public static MigrationContent Compare(IReadOnlyList<string> recorded, IReadOnlyList<string> inFile)
    {
        if (recorded.SequenceEqual(inFile, StringComparer.Ordinal))
        {
            return MigrationContent.Same;
        }

        // The platform records a migration that it was sent as one statement, and old versions of the CLI cut in other places.
        if (recorded.SelectMany(Split).SequenceEqual(inFile.SelectMany(Split), StringComparer.Ordinal))
        {
            return MigrationContent.Same;
        }

        return recorded.SelectMany(Code).SequenceEqual(inFile.SelectMany(Code), StringComparer.Ordinal) ? MigrationContent.CommentsEdited : MigrationContent.Edited;
    }

    /// <summary>True when no statement with code is in both: then they are not two states of one file.</summary>
    public static bool HaveNothingInCommon(IReadOnlyList<string> recorded, IReadOnlyList<string> inFile) =>
        !recorded.Select(WithoutComments).Intersect(inFile.Select(WithoutComments).Where(code => code.Length > 0), StringComparer.Ordinal).Any();

    /// <summary>The statements that differ, by the longest sequence of those that do not.</summary>
    public static IReadOnlyList<StatementChange> Between(IReadOnlyList<string> recorded, IReadOnlyList<string> inFile)
    {
        int start = 0;
        while (start < recorded.Count && start < inFile.Count && recorded[start] == inFile[start])
        {
            start++;
        }

        int end = 0;
        while (end < recorded.Count - start && end < inFile.Count - start && recorded[^(end + 1)] == inFile[^(end + 1)])
        {
            end++;
        }

        string[] left = [.. recorded.Skip(start).SkipLast(end)];
        string[] right = [.. inFile.Skip(start).SkipLast(end)];
        return [.. Runs(left, right).SelectMany(run => Pair(run, start))];
    }

    private static IEnumerable<string> Split(string statement) => SqlSplitter.Split(statement).Select(part => part.StoredText);

    private static string WithoutComments(string statement) => string.Join(' ', Code(statement));

    private static IEnumerable<string> Code(string statement)
    {
        for (int position = 0; position < statement.Length;)
        {
            SqlToken token = SqlLexer.Read(statement, position);
            position = token.End;
            if (token.Kind is not (SqlTokenKind.Space or SqlTokenKind.Comment or SqlTokenKind.Semicolon))
            {
                yield return statement[token.Start..token.End];
            }
        }
    }

    /// <summary>The stretches, each with what only the left and what only the right side has, and where it begins on the right.</summary>
    private static IEnumerable<(string[] Left, string[] Right, int At)> Runs(string[] left, string[] right)
    {
        if ((long)left.Length * right.Length > MostCells)
        {
            return [(left, right, 0)];
        }

        var runs = new List<(string[], string[], int)>();
        int l = 0;
        int r = 0;
        foreach ((int commonLeft, int commonRight) in Common(left, right).Append((left.Length, right.Length)))
        {
            if (commonLeft > l || commonRight > r)
            {
                runs.Add((left[l..commonLeft], right[r..commonRight], r));
            }

            (l, r) = (commonLeft + 1, commonRight + 1);
        }

        return runs;
    }

    /// <summary>The places of a longest common subsequence.</summary>
    private static IEnumerable<(int Left, int Right)> Common(string[] left, string[] right)
    {
        var lengths = new int[left.Length + 1, right.Length + 1];
        for (int i = left.Length - 1; i >= 0; i--)
        {
            for (int j = right.Length - 1; j >= 0; j--)
            {
                lengths[i, j] = left[i] == right[j] ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
            }
        }

        for (int i = 0, j = 0; i < left.Length && j < right.Length;)
        {
            if (left[i] == right[j])
            {
                yield return (i++, j++);
            }
            else if (lengths[i + 1, j] >= lengths[i, j + 1])
            {
                i++;
            }
            else
            {
                j++;
            }
        }
    }

    private static IEnumerable<StatementChange> Pair((string[] Left, string[] Right, int At) run, int start)
    {
        for (int i = 0; i < Math.Max(run.Left.Length, run.Right.Length); i++)
        {
            int number = start + run.At + Math.Min(i, run.Right.Length) + 1;
            yield return new StatementChange(number, run.Left.ElementAtOrDefault(i), run.Right.ElementAtOrDefault(i));
        }
    }
}
