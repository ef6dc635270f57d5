using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations.Rules;

namespace SupabaseDeploy.Migrations;

// Lists are kept as arrays: PowerShell cannot index what the compiler makes of a collection expression.

/// <summary>What one statement of a pending migration did when it was rehearsed, and what that means for the environment.</summary>
public sealed record StatementRehearsal : IEnvironmentResult
{
    /// <summary>The environment whose pending migrations were rehearsed; one without a database when a folder was.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>The migration's version.</summary>
    public required string Version { get; init; }

    /// <summary>The file's name.</summary>
    public required string File { get; init; }

    /// <summary>The file, absolute.</summary>
    public required string Path { get; init; }

    /// <summary>Where the statement starts, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>The statement with its comments, without its final semicolon.</summary>
    public required string Statement { get; init; }

    /// <summary>Its first line of code.</summary>
    public required string FirstLine { get; init; }

    /// <summary>How long it ran in the rehearsal, where tables are nearly empty.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>How long its work may take in the environment; null without an environment.</summary>
    public DurationEstimate? Estimate { get; init; }

    /// <summary>True when its locks are held until its transaction ends; false when it ran outside of one.</summary>
    public bool IsInTransaction { get; init; }

    /// <summary>Locks on relations that existed before the file.</summary>
    public IReadOnlyList<ObservedLock> Locks { get; init => field = value.ToArray(); } = [];

    /// <summary>Rewrites, full scans, index builds and truncations of relations that existed before the file.</summary>
    public IReadOnlyList<RelationWork> Work { get; init => field = value.ToArray(); } = [];

    /// <summary>Objects that were dropped.</summary>
    public IReadOnlyList<DroppedObject> Drops { get; init => field = value.ToArray(); } = [];

    /// <summary>Privileges, policies, row level security, owners and memberships that changed, one a line.</summary>
    public IReadOnlyList<string> SecurityChanges { get; init => field = value.ToArray(); } = [];

    /// <summary>What rules find in it that running it does not show.</summary>
    public IReadOnlyList<RuleFinding> Findings { get; init => field = value.ToArray(); } = [];

    /// <summary>Reasons why it is not harmless, worst first.</summary>
    public IReadOnlyList<StatementRisk> Risks { get; init => field = value.ToArray(); } = [];

    /// <summary>Whether the file's down script takes it back; null when down scripts were not tested.</summary>
    public DownProof? Down { get; init; }

    /// <summary>What the server said when it failed, with file, line, column and caret; null when it ran.</summary>
    public string? Failure { get; init; }

    /// <summary>The worst of <see cref="Risks"/>.</summary>
    public RehearsalRisk Risk => Failure is not null ? RehearsalRisk.Failed : Risks.Select(risk => risk.Risk).DefaultIfEmpty().Max();

    /// <summary>The strongest thing it keeps waiting.</summary>
    public BlockedAccess Blocks => Locks.Select(held => held.Blocks).DefaultIfEmpty().Max();

    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}";
}
