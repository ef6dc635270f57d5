using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Migrations;

/// <summary>How far back.</summary>
public sealed record UndoRange
{
    private UndoRange()
    {
    }

    /// <summary>The version that stays as the newest; null for a count.</summary>
    public string? To { get; private init; }

    /// <summary>How many; null for a version.</summary>
    public int? Last { get; private init; }

    /// <summary>Back to <paramref name="version"/>, which stays.</summary>
    public static UndoRange ToVersion(string version) => new() { To = version };

    /// <summary>The newest <paramref name="count"/>.</summary>
    public static UndoRange OfLast(int count) => new() { Last = count };

    /// <summary>The versions of <paramref name="history"/> to take back, newest first; empty when it is there already.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.UndoRangeNotApplied"/>.</exception>
    internal IReadOnlyList<string> Of(IReadOnlyList<AppliedVersion> history)
    {
        string[] newestFirst = [.. history.Select(row => row.Version).Reverse()];
        if (To is null)
        {
            return Last <= newestFirst.Length ? newestFirst[..Last.Value] : throw NotApplied(
                $"The last {Last} migrations cannot be undone: {newestFirst.Length switch { 0 => "none is", 1 => "only 1 is", _ => $"only {newestFirst.Length} are" }} applied.", Last);
        }

        int at = Array.IndexOf(newestFirst, To);
        return at >= 0 ? newestFirst[..at] : throw NotApplied(
            $"Version '{To}' cannot be gone back to: it is not applied{(newestFirst.Length == 0 ? ", and nothing else is" : $". The newest that are: {string.Join(", ", newestFirst.Take(5))}")}.", To);
    }

    private static DeployException NotApplied(string message, object? target) => new(
        ErrorTable.UndoRangeNotApplied,
        message,
        "Give a version that 'Get-Migration -State Applied' lists, or a smaller number with -Last.",
        target);
}
