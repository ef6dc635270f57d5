namespace SupabaseDeploy.Postgres;

/// <summary>Whether a cluster runs.</summary>
public enum ClusterStatus
{
    /// <summary>It was never started, or it was removed.</summary>
    Missing,

    /// <summary>Its data is there and no server runs on it.</summary>
    Stopped,

    /// <summary>Its server accepts connections, or is about to.</summary>
    Running,
}

/// <summary>What is known about a cluster.</summary>
public sealed record ClusterState
{
    /// <summary>Whether it runs.</summary>
    public required ClusterStatus Status { get; init; }

    /// <summary>The server's process id; null when it does not run.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Its TCP port on 127.0.0.1, kept between runs; 0 when it is missing.</summary>
    public int Port { get; init; }

    /// <summary>The major version of its data, or major and minor when it runs; null when it is missing.</summary>
    public string? Version { get; init; }

    /// <summary>When the server started, UTC; null when it does not run.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The folder of its data, absolute; null when it is missing.</summary>
    public string? DataFolder { get; init; }

    /// <summary>True when the call that gave this state changed it.</summary>
    public bool Changed { get; init; }

    /// <summary>True when it runs.</summary>
    public bool IsRunning => Status == ClusterStatus.Running;
}
