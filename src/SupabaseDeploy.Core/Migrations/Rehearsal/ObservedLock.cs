namespace SupabaseDeploy.Migrations;

/// <summary>A lock that a statement was seen to take on a relation that existed before its file.</summary>
public sealed record ObservedLock
{
    /// <summary>Schema and name, quoted where SQL needs it: <c>public.messages</c>.</summary>
    public required string Relation { get; init; }

    /// <summary>What it is: <c>table</c>, <c>view</c>, <c>index</c>, <c>sequence</c>.</summary>
    public required string RelationKind { get; init; }

    /// <summary>The strongest mode that the statement took, where it is stronger than what the file held already.</summary>
    public required LockMode Mode { get; init; }

    /// <summary>What of an application waits for it.</summary>
    public BlockedAccess Blocks => Mode.Blocks();

    /// <summary>From the start of the statement to the end of its transaction, measured in the rehearsal.</summary>
    public TimeSpan HeldFor { get; init; }

    /// <summary>The same estimated for the environment from the sizes of its tables; null without an environment.</summary>
    public DurationEstimate? HeldThere { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Mode.Words()} on {Relation}";
}
