namespace SupabaseDeploy.Migrations;

/// <summary>An object that a statement was seen to drop, itself or by <c>CASCADE</c>, and that existed before its file.</summary>
public sealed record DroppedObject
{
    /// <summary>What it is, in PostgreSQL's words: <c>table</c>, <c>table column</c>, <c>policy</c>, <c>function</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>PostgreSQL's name for it: <c>public.messages</c>, <c>public.messages.body</c>, <c>own on public.messages</c>.</summary>
    public required string Name { get; init; }

    /// <summary>True when the statement did not name it.</summary>
    public bool IsCascaded { get; init; }

    /// <summary>True for what keeps data of its own: a table or a column of one.</summary>
    public bool HoldsData => Relation is not null;

    /// <summary>The table whose rows are lost, in whole or in one column: <c>public.messages</c>; null when no data is.</summary>
    public string? Relation { get; init; }

    /// <summary>Rows that the environment has in it, as its statistics say; null without an environment or without data.</summary>
    public long? Rows { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Name}";
}
