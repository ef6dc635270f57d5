namespace SupabaseDeploy.Environments;

/// <summary>How long the migrations of an environment wait for locks and run, and how often a file is tried again.</summary>
public sealed record MigrationSettings
{
    /// <summary>
    /// The server's <c>lock_timeout</c> for each statement; null for no limit. A statement that waits for a lock holds up everybody who
    /// comes after it, so that it must give up soon where others work. A file's own <c>SET lock_timeout</c> goes before it.
    /// </summary>
    public TimeSpan? LockTimeout { get; init; }

    /// <summary>The server's <c>statement_timeout</c> for each statement; null for what the role and the database say.</summary>
    public TimeSpan? StatementTimeout { get; init; }

    /// <summary>How often a file is tried again after a lock timeout, a deadlock or a serialization failure.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>What holds where nothing is written: nobody else works on a local database.</summary>
    public static MigrationSettings For(TargetKind target) =>
        target == TargetKind.Local ? new() : new() { LockTimeout = TimeSpan.FromSeconds(5) };
}
