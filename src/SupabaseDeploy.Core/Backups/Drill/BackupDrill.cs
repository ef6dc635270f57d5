using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Backups;

/// <summary>One proof, or disproof, of a backup: it was restored into a throw-away cluster and verified there.</summary>
public sealed record BackupDrill : IEnvironmentResult
{
    /// <summary>The environment the backup is of.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>The backup's id.</summary>
    public required string Backup { get; init; }

    /// <summary>True when every check passed.</summary>
    public required bool Succeeded { get; init; }

    /// <summary>The recovery point: how old the data would be if the database were lost when the drill started.</summary>
    public required TimeSpan Rpo { get; init; }

    /// <summary>The recovery time: from the start until the restored database was verified, or until the drill failed.</summary>
    public required TimeSpan Rto { get; init; }

    /// <summary>Number of tables that were counted.</summary>
    public required int Tables { get; init; }

    /// <summary>Number of rows that were counted.</summary>
    public required long Rows { get; init; }

    /// <summary>Each check with what was seen.</summary>
    public required IReadOnlyList<DrillCheck> Checks { get; init => field = value.ToArray(); }

    /// <summary>One sentence: what was proven, or what failed first.</summary>
    public required string Message { get; init; }

    /// <summary>When it started, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }
}

/// <summary>One check of a drill.</summary>
/// <param name="Name"><c>files</c>, <c>roles</c>, <c>restore</c>, <c>rows</c>, <c>large objects</c>, <c>migrations</c>, <c>constraints</c>, <c>indexes</c> or <c>row security</c>.</param>
/// <param name="Passed">The verdict.</param>
/// <param name="Message">What was seen, and what was expected where it differs.</param>
public sealed record DrillCheck(string Name, bool Passed, string Message)
{
    /// <summary><c>rows passed</c>: what a list of checks shows of each.</summary>
    public override string ToString() => $"{Name} {(Passed ? "passed" : "failed")}";
}

/// <summary>The last drill of a backup, kept as <c>drill.json</c> beside its manifest.</summary>
public sealed record DrillRecord
{
    /// <summary>True when every check passed.</summary>
    public required bool Succeeded { get; init; }

    /// <summary>When the drill started, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The recovery point.</summary>
    public required TimeSpan Rpo { get; init; }

    /// <summary>The recovery time.</summary>
    public required TimeSpan Rto { get; init; }

    /// <summary>One sentence: what was proven, or what failed first.</summary>
    public required string Message { get; init; }

    /// <summary>Each check.</summary>
    public required IReadOnlyList<DrillCheck> Checks { get; init => field = value.ToArray(); }

    /// <summary>What of <paramref name="drill"/> is kept.</summary>
    public static DrillRecord Of(BackupDrill drill) => new()
    {
        Succeeded = drill.Succeeded,
        StartedAt = drill.StartedAt,
        Rpo = drill.Rpo,
        Rto = drill.Rto,
        Message = drill.Message,
        Checks = drill.Checks,
    };

    /// <inheritdoc/>
    public override string ToString() => $"{(Succeeded ? "Passed" : "Failed")} {StartedAt.UtcDateTime:yyyy-MM-dd HH:mm}Z";
}
