using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Migrations;

/// <summary>One rehearsal as a whole.</summary>
public sealed record RehearsalSummary : IEnvironmentResult
{
    /// <summary>The environment whose pending migrations were rehearsed; one without a database when a folder was.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>The files that were rehearsed, in order; the last one failed when <see cref="Failure"/> is set.</summary>
    public required IReadOnlyList<MigrationFile> Files { get; init => field = value.ToArray(); }

    /// <summary>Number of statements that ran or failed.</summary>
    public required int Statements { get; init; }

    /// <summary>The worst risk of any statement.</summary>
    public required RehearsalRisk Risk { get; init; }

    /// <summary>Version, file and message of everything of risk <see cref="RehearsalRisk.Medium"/> or worse.</summary>
    public required IReadOnlyList<string> Risks { get; init => field = value.ToArray(); }

    /// <summary>The locks that an application waits for, of tables that the environment has and that hold rows; of all where none was asked.</summary>
    public IReadOnlyList<BlockingLock> Locks { get; init => field = value.ToArray(); } = [];

    /// <summary>How long applying the files may take: what they took in the rehearsal, and at most what their work takes with the environment's tables.</summary>
    public TimeSpan Expected { get; init; }

    /// <summary>Whether the down scripts take their migrations back, one a file; empty when they were not tested.</summary>
    public IReadOnlyList<DownProof> Downs { get; init => field = value.ToArray(); } = [];

    /// <summary>What the server said to the statement that failed; null when all ran.</summary>
    public string? Failure { get; init; }

    /// <summary>True when every statement ran.</summary>
    public bool IsPassed => Failure is null;

    /// <summary>SHA-256 over versions and contents of all files up to the last one rehearsed: what exactly was rehearsed.</summary>
    public required string ChainHash { get; init; }

    /// <summary>When it started, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }
}
