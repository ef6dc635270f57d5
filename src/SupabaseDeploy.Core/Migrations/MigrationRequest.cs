using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>What to migrate, and with what.</summary>
public sealed record MigrationRequest
{
    /// <summary>The environment, for messages and results, and for where seeds are looked for.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>Its database, as the migrating role.</summary>
    public required DatabaseAddress Database { get; init; }

    /// <summary>The folder of the migrations, absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>The files, in order, where they are not simply those of <see cref="Folder"/>, which is not read then; null to read it.</summary>
    public IReadOnlyList<MigrationFile>? Files { get; init; }

    /// <summary>The lock, when the caller holds it already; null to take it here.</summary>
    public DeploymentLock? HeldLock { get; init; }

    /// <summary>How long to wait for another holder of the lock; zero to stop at once.</summary>
    public TimeSpan LockWait { get; init; }

    /// <summary>Time limits and retries; null for the environment's own.</summary>
    public MigrationSettings? Settings { get; init; }

    /// <summary>Run pending files also where a newer one is applied already (the CLI's <c>--include-all</c>).</summary>
    public bool IncludeOutOfOrder { get; init; }

    /// <summary>Stop when an applied file was edited, instead of telling of it.</summary>
    public bool RefuseEdited { get; init; }

    /// <summary>Run <c>supabase/roles.sql</c> first. It is not recorded, and runs each time it is asked for.</summary>
    public bool IncludeRoles { get; init; }

    /// <summary>Run new and changed seed files afterwards.</summary>
    public bool IncludeSeed { get; init; }
}
