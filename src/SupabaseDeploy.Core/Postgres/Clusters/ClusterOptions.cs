namespace SupabaseDeploy.Postgres;

/// <summary>How a cluster is run.</summary>
public sealed record ClusterOptions
{
    /// <summary>
    /// The cluster's data need not survive a power failure: for tests and drills. Nothing is flushed to the disk, which is much faster;
    /// a killed server still keeps what was committed.
    /// Off, PostgreSQL keeps its usual promise: what was committed is there after a crash.
    /// </summary>
    public bool IsThrowAway { get; init; }

    /// <summary>Where PostgreSQL is looked for; null for the usual places.</summary>
    public PostgresSearch? Search { get; init; }

    /// <summary>The machine's folders; null for the usual ones.</summary>
    public StateFolders? Folders { get; init; }

    /// <summary>How long a start or a stop may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time; null for the system's.</summary>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>The passwords of a new cluster, whose data another one will get; null to draw them.</summary>
    internal ClusterPasswords? Passwords { get; init; }

    /// <summary>The port a starting server takes if it is free, asked at each start; null for the one it had.</summary>
    internal Func<int?>? WishedPort { get; init; }

    /// <summary>What the data of a new cluster is copied from before the template is; null for the template alone.</summary>
    internal IClusterSnapshot? Snapshot { get; init; }
}
