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

    /// <summary>When a publish applies the migrations that are marked as contracting: see <see cref="ContractMigrations"/>.</summary>
    public ContractMigrations Contract { get; init; }

    /// <summary>What holds where nothing is written: nobody else works on a local database.</summary>
    public static MigrationSettings For(TargetKind target) =>
        target == TargetKind.Local ? new() : new() { LockTimeout = TimeSpan.FromSeconds(5) };
}

/// <summary>
/// When a publish applies migrations whose first line is <c>-- supabase-deploy: contract</c>: those that take away what the release
/// before still uses.
/// </summary>
public enum ContractMigrations
{
    /// <summary>With the others, in order.</summary>
    Together,

    /// <summary>After the release was healthy and recorded, so that going back before then needs nothing that is gone.</summary>
    AfterHealth,
}
