namespace SupabaseDeploy.LocalStack;

/// <summary>Where a supervised service stands.</summary>
public enum ServiceState
{
    /// <summary>A service it depends on is not healthy yet.</summary>
    Waiting,

    /// <summary>Its process runs and does not answer yet.</summary>
    Starting,

    /// <summary>It answers.</summary>
    Healthy,

    /// <summary>It answered before, and does not now.</summary>
    Unhealthy,

    /// <summary>Its process ended; it is started again after a pause.</summary>
    BackingOff,

    /// <summary>It ended too often; it is not started again by itself.</summary>
    GaveUp,

    /// <summary>It was told to end.</summary>
    Stopping,

    /// <summary>It does not run.</summary>
    Stopped,
}

/// <summary>A supervised service as it is now.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Port">The port of 127.0.0.1 that it serves.</param>
/// <param name="ProcessId">Its process; null when none runs.</param>
/// <param name="StartedAt">When that process was started, UTC.</param>
/// <param name="MemoryBytes">Its resident memory in bytes.</param>
/// <param name="Restarts">How often it was started again since the stack was started.</param>
/// <param name="Version">Version of its program, as far as it is known.</param>
/// <param name="IsOptional">True when the stack counts as running without it.</param>
/// <param name="LastFailure">Why it ended or does not answer, in a few words; null when it never failed. What it said is in its log.</param>
public sealed record ServiceReport(
    string Name,
    ServiceState State,
    int Port,
    int? ProcessId,
    DateTimeOffset? StartedAt,
    long? MemoryBytes,
    int Restarts,
    string? Version,
    bool IsOptional,
    string? LastFailure)
{
    /// <summary>Where it is reached: its path of the gateway, or its own port where the gateway has none; known to whoever asked the gateway.</summary>
    public string? Url { get; init; }
}
