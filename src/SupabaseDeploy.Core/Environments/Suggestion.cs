namespace SupabaseDeploy.Environments;

/// <summary>What a person who mistyped a word probably meant.</summary>
internal static class Suggestion
{
    /// <summary><c> Did you mean 'target'?</c>, with its leading space; empty when no known word is near.</summary>
    public static string For(string word, IEnumerable<string> known)
    {
        string? nearest = known
            .Select(candidate => (Candidate: candidate, Distance: Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .Where(pair => pair.Distance <= Math.Max(1, pair.Candidate.Length / 3))
            .OrderBy(pair => pair.Distance)
            .Select(pair => pair.Candidate)
            .FirstOrDefault();
        return nearest is null ? "" : $" Did you mean '{nearest}'?";
    }

    /// <summary><c>'a', 'b' or 'c'</c>.</summary>
    public static string OneOf(IReadOnlyList<string> known) =>
        known.Count == 1 ? $"'{known[0]}'" : $"{string.Join(", ", known.SkipLast(1).Select(word => $"'{word}'"))} or '{known[^1]}'";

    /// <summary>Edits from one word to the other; two neighbours swapped count as one.</summary>
    private static int Distance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                cost[i, j] = (i, j) switch
                {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => Math.Min(Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)),
                };
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
