namespace SupabaseDeploy.Migrations;

/// <summary>What a statement was seen to do with the whole content of a relation.</summary>
public enum RelationWorkKind
{
    /// <summary>Read every row.</summary>
    Scan,

    /// <summary>Read every row and built an index from it.</summary>
    IndexBuild,

    /// <summary>Wrote every row again, into a new file.</summary>
    Rewrite,

    /// <summary>Took every row away.</summary>
    Truncate,
}

/// <summary>Work on the whole content of a relation that existed before the file.</summary>
public sealed record RelationWork
{
    /// <summary>What was seen.</summary>
    public required RelationWorkKind Kind { get; init; }

    /// <summary>Schema and name, quoted where SQL needs it.</summary>
    public required string Relation { get; init; }

    /// <summary>Rows that the environment has there, as its statistics say; null without an environment.</summary>
    public long? Rows { get; init; }

    /// <summary>Bytes that the environment has there: for a rewrite with indexes and TOAST, else those that are read; null without an environment.</summary>
    public long? Bytes { get; init; }

    /// <summary>How long it may take there; null without an environment.</summary>
    public DurationEstimate? Estimate { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Relation}";
}
