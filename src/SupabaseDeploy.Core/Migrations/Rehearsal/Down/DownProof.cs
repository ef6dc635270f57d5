namespace SupabaseDeploy.Migrations;

/// <summary>How a down script came out of its proof.</summary>
public enum DownOutcome
{
    /// <summary>Up, down and up again gave the same catalog each time, and every row that was there before was there afterwards.</summary>
    Proven,

    /// <summary>The catalog is not what it was.</summary>
    Differs,

    /// <summary>The catalog is what it was, and rows or values that were there before are not.</summary>
    LosesData,

    /// <summary>There is no down script.</summary>
    Missing,

    /// <summary>A script failed on the way.</summary>
    Failed,
}

/// <summary>Whether a down script takes its migration back: tried on a shadow database, with rows in it.</summary>
public sealed record DownProof
{
    /// <summary>The migration's version.</summary>
    public required string Version { get; init; }

    /// <summary>The migration's name.</summary>
    public required string Name { get; init; }

    /// <summary>How it came out.</summary>
    public required DownOutcome Outcome { get; init; }

    /// <summary>True when it may be relied on.</summary>
    public bool IsProven => Outcome == DownOutcome.Proven;

    /// <summary>The outcome as a sentence.</summary>
    public required string Message { get; init; }

    /// <summary>How the catalog differs, one a line.</summary>
    public IReadOnlyList<string> Differences { get; init => field = value.ToArray(); } = [];

    /// <summary>Which rows or values were lost, one a line.</summary>
    public IReadOnlyList<string> LostData { get; init => field = value.ToArray(); } = [];

    /// <summary>What the down script itself drops: what was written into it since the migration is lost when it runs.</summary>
    public IReadOnlyList<DroppedObject> Drops { get; init => field = value.ToArray(); } = [];

    /// <summary>Tables that no row could be made for, so that nothing is known of their data.</summary>
    public IReadOnlyList<string> WithoutRows { get; init => field = value.ToArray(); } = [];

    /// <summary>SHA-256 over the contents of the chain, the migration and its down script: what exactly was proven.</summary>
    public required string Key { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset ProvenAt { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Outcome.ToString();
}
