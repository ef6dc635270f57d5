using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>What to repair.</summary>
public sealed record RepairRequest
{
    /// <summary>The environment, for messages and results.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>Its database, as the migrating role.</summary>
    public required DatabaseAddress Database { get; init; }

    /// <summary>The folder of the migrations, absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>Versions or wildcards; everything when empty.</summary>
    public IReadOnlyList<string> Versions { get; init => field = value.ToArray(); } = [];

    /// <summary>What the rows of <see cref="Versions"/> shall say; null to repair what does not fit.</summary>
    public RepairStatus? Status { get; init; }

    /// <summary>How long to wait for another holder of the lock; zero to stop at once.</summary>
    public TimeSpan LockWait { get; init; }
}

/// <summary>One repair of one database and its folder; also written when nothing had to be repaired.</summary>
public sealed record MigrationRepair : IEnvironmentResult
{
    /// <summary>The environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary><c>host:port/database</c>.</summary>
    public required string Database { get; init; }

    /// <summary>What was done, in order.</summary>
    public required IReadOnlyList<RepairAction> Actions { get; init => field = value.ToArray(); }

    /// <summary>Number of migrations in the history afterwards, read again from the database.</summary>
    public required int Total { get; init; }

    /// <summary>True when anything was changed.</summary>
    public bool Changed => Actions.Count > 0;

    /// <summary>When it started, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }
}
