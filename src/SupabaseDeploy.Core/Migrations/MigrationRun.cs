using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Migrations;

/// <summary>One migration file. The rule for names is the Supabase CLI's: <c>^([0-9]+)_(.*)\.sql$</c>.</summary>
/// <param name="Version">The digits, as text; the order of migrations is the ordinal order of this text.</param>
/// <param name="Name">What follows the underscore, without <c>.sql</c>.</param>
/// <param name="Path">Absolute path.</param>
/// <param name="DownPath">Absolute path of <c>down/&lt;version&gt;_&lt;name&gt;.sql</c> beside it; null when there is none.</param>
public sealed record MigrationFile(string Version, string Name, string Path, string? DownPath)
{
    /// <summary>The file's name.</summary>
    public string FileName => System.IO.Path.GetFileName(Path);

    /// <inheritdoc/>
    public override string ToString() => FileName;
}

/// <summary>What one migration did in a run.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Name">Its name.</param>
/// <param name="Duration">How long it ran, commit included.</param>
public sealed record AppliedMigration(string Version, string Name, TimeSpan Duration);

/// <summary>How a run ended.</summary>
public enum MigrationRunStatus
{
    /// <summary>What was to be done was done, and the history was read again.</summary>
    Succeeded,

    /// <summary>Nothing had to be done.</summary>
    NothingToDo,

    /// <summary>It failed; the file at work was rolled back, and what was done before it stays.</summary>
    Failed,

    /// <summary>It was not begun, because others failed before its turn.</summary>
    NotStarted,
}

/// <summary>One run of the migration runner against one database; also written when nothing was pending, and when it failed.</summary>
public sealed record MigrationRun : IEnvironmentResult
{
    /// <summary>The environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary><c>host:port/database</c>; null when the environment cannot say it, because it is not running.</summary>
    public required string? Database { get; init; }

    /// <summary>How it ended.</summary>
    public MigrationRunStatus Status =>
        Failure is not null ? MigrationRunStatus.Failed
        : Reason is not null ? MigrationRunStatus.NotStarted
        : Changed ? MigrationRunStatus.Succeeded
        : MigrationRunStatus.NothingToDo;

    /// <summary>The migrations applied in this run, in the order they ran.</summary>
    public required IReadOnlyList<AppliedMigration> Applied { get; init => field = value.ToArray(); }

    /// <summary>The migrations taken back in this run, in the order they were: newest first.</summary>
    public IReadOnlyList<AppliedMigration> Undone { get; init => field = value.ToArray(); } = [];

    /// <summary>The newest version in the history afterwards, read again from the database; null when it is empty or cannot be read.</summary>
    public required string? Version { get; init; }

    /// <summary>Number of migrations in the history afterwards; null when it cannot be read.</summary>
    public required int? Total { get; init; }

    /// <summary>Seed files that ran.</summary>
    public IReadOnlyList<string> Seeds { get; init => field = value.ToArray(); } = [];

    /// <summary>The file of roles that ran, relative to the project; null when none was asked for, or there is none.</summary>
    public string? Roles { get; init; }

    /// <summary>True when anything was run.</summary>
    public bool Changed => Applied.Count > 0 || Undone.Count > 0 || Seeds.Count > 0 || Roles is not null;

    /// <summary>Why it failed or was not started; null when it ended well.</summary>
    public string? Reason { get; init; }

    /// <summary>The failure with everything that is known of it; null when it did not fail.</summary>
    public DeployException? Failure { get; init; }

    /// <summary>When it started, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }
}
