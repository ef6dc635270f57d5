using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>What was seen of one statement, before it is judged.</summary>
internal sealed record StatementObservation
{
    public required SqlStatement Statement { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>Which transaction of the file it ran in, from 1; 0 for none.</summary>
    public required int Transaction { get; init; }

    public IReadOnlyList<ObservedLock> Locks { get; init; } = [];

    public IReadOnlyList<RelationWork> Work { get; init; } = [];

    public IReadOnlyList<DroppedObject> Drops { get; init; } = [];

    public IReadOnlyList<string> SecurityChanges { get; init; } = [];
}

/// <summary>What was seen of one file. A failed one ends with the statement that failed.</summary>
internal sealed record FileObservation(
    MigrationFile File, SqlScript Script, IReadOnlyList<StatementObservation> Statements, SqlStatement? Failed, Errors.DeployException? Failure);
