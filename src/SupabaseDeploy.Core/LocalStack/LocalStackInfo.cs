using System.Text.Json.Serialization;
using System.Diagnostics;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Health;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>What runs for one environment on this machine.</summary>
public sealed record LocalStackInfo : IEnvironmentResult
{
    /// <summary>The environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary><c>Running</c>, <c>Stopped</c> or <c>Partial</c>.</summary>
    public required LocalStackState State { get; init; }

    /// <summary>What runs it, or would; never <c>Auto</c>.</summary>
    public required LocalStackEngine Engine { get; init; }

    /// <summary>Why it is that engine, as the end of a sentence: <c>it was asked for</c>.</summary>
    public required string EngineReason { get; init; }

    /// <summary>The services: <c>database</c>, <c>gateway</c>, and those that the gateway runs.</summary>
    public required IReadOnlyList<LocalService> Services { get; init => field = value.ToArray(); }

    /// <summary>The application's database as <c>postgres</c>; null before the first start.</summary>
    public required DatabaseAddress? Database { get; init; }

    /// <summary>The gateway's URL; null when it does not run.</summary>
    public required Uri? Url { get; init; }

    /// <summary>The stack's keys; null before the first start.</summary>
    public LocalKeys? Keys { get; init; }

    /// <summary>The extensions of the database that are shims; none while the database does not run.</summary>
    public IReadOnlyList<ShimExtension> Shims { get; init => field = value.ToArray(); } = [];

    /// <summary>True when this call started anything.</summary>
    public bool Changed { get; init; }

    /// <summary>How long the call took.</summary>
    public TimeSpan Duration { get; init; }
}

/// <summary>State of a stack.</summary>
public enum LocalStackState
{
    /// <summary>No service runs.</summary>
    Stopped,

    /// <summary>Some services run.</summary>
    Partial,

    /// <summary>All services run.</summary>
    Running,
}

/// <summary>One service of a stack.</summary>
/// <param name="Name"><c>database</c>, <c>gateway</c>, <c>rest</c> and so on.</param>
/// <param name="IsRunning">Whether its process answers.</param>
/// <param name="ProcessId">Its process id; null when it does not run.</param>
/// <param name="Port">Its TCP port, kept between runs; 0 for a service that has none on this machine.</param>
/// <param name="Version">Version of the program.</param>
/// <param name="StartedAt">When the process started, UTC.</param>
public sealed record LocalService(string Name, bool IsRunning, int? ProcessId, int Port, string? Version, DateTimeOffset? StartedAt)
{
    /// <summary>Where it stands.</summary>
    public ServiceState State { get; init; } = IsRunning ? ServiceState.Healthy : ServiceState.Stopped;

    /// <summary>True when the stack counts as running without it.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Where a service that the gateway runs is reached: its path of the gateway, or its own port where it has none there.</summary>
    public Uri? Url { get; init; }

    /// <summary>Resident memory of its process in bytes, where it is known; what a server shares with its children counts once.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>How often it was started again since the stack was started.</summary>
    public int Restarts { get; init; }

    /// <summary>Why it does not run; null when it never failed.</summary>
    public string? LastFailure { get; init; }

    /// <summary>The last lines of its log, when it was given up; null otherwise.</summary>
    [JsonIgnore]
    public string? LastWords { get; init; }

    internal static LocalService Of(ServiceReport report) =>
        new(report.Name, report.State == ServiceState.Healthy, report.ProcessId, report.Port, report.Version, report.StartedAt)
        {
            State = report.State,
            IsOptional = report.IsOptional,
            Url = report.Url is null ? null : new Uri(report.Url),
            MemoryBytes = report.MemoryBytes,
            Restarts = report.Restarts,
            LastFailure = report.LastFailure,
        };

    /// <summary>With what its process takes now.</summary>
    internal LocalService WithMemory()
    {
        if (ProcessId is not { } id)
        {
            return this;
        }

        try
        {
            using Process process = Process.GetProcessById(id);
            return this with { MemoryBytes = process.WorkingSet64 };
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return this; // It ended in this moment.
        }
    }

    /// <summary><c>gateway on port 54321</c>: what a list of services shows of each.</summary>
    public override string ToString() => !IsRunning ? $"{Name} {State.ToString().ToLowerInvariant()}" : Port > 0 ? $"{Name} on port {Port}" : Name;
}
