using SupabaseDeploy.Environments;

namespace SupabaseDeploy.Backups;

/// <summary>One backup of one environment, complete and named by its id.</summary>
public sealed record DeploymentBackup : IEnvironmentResult
{
    /// <summary>The environment it was taken of.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>The whole manifest.</summary>
    public required BackupManifest Manifest { get; init; }

    /// <summary>Its folder, absolute.</summary>
    public required string Path { get; init; }

    /// <summary>The last drill; null when it was never restored, and then it is not counted as a backup.</summary>
    public DrillRecord? LastDrill { get; init; }

    /// <summary>The id: UTC time and four digits, so that ids sort by time.</summary>
    public string Id => Manifest.Id;

    /// <summary>When it was finished, UTC.</summary>
    public DateTimeOffset CreatedAt => Manifest.FinishedAt;

    /// <summary>Everything committed before this time is in it, UTC.</summary>
    public DateTimeOffset ConsistentAt => Manifest.ConsistentAt;

    /// <summary>Id of the release that was deployed; null for none.</summary>
    public string? Release => Manifest.Release;

    /// <summary>The newest version in the migration history; null when it is empty.</summary>
    public string? MigrationVersion => Manifest.MigrationVersion;

    /// <summary>Bytes of all files together.</summary>
    public long Size => Manifest.Size;

    /// <summary>Bytes of the database on the server's disk.</summary>
    public long DatabaseSize => Manifest.DatabaseSize;

    /// <summary>Number of tables.</summary>
    public int Tables => Manifest.Tables.Count;

    /// <summary>Rows of all tables together.</summary>
    public long Rows => Manifest.Rows;

    /// <summary>How long it took.</summary>
    public TimeSpan Duration => Manifest.FinishedAt - Manifest.StartedAt;

    /// <summary>True when a drill restored it and verified it.</summary>
    public bool IsProven => LastDrill is { Succeeded: true };

    /// <inheritdoc/>
    public override string ToString() => Id;
}
