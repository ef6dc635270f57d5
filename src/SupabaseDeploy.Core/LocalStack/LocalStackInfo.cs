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

    /// <summary>The services: <c>database</c>, <c>gateway</c>.</summary>
    public required IReadOnlyList<LocalService> Services { get; init; }

    /// <summary>The application's database as <c>postgres</c>; null before the first start.</summary>
    public required DatabaseAddress? Database { get; init; }

    /// <summary>The gateway's URL; null when it does not run.</summary>
    public required Uri? Url { get; init; }

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
/// <param name="Name"><c>database</c> or <c>gateway</c>.</param>
/// <param name="IsRunning">Whether its process answers.</param>
/// <param name="ProcessId">Its process id; null when it does not run.</param>
/// <param name="Port">Its TCP port, kept between runs.</param>
/// <param name="Version">Version of the program.</param>
/// <param name="StartedAt">When the process started, UTC.</param>
public sealed record LocalService(string Name, bool IsRunning, int? ProcessId, int Port, string? Version, DateTimeOffset? StartedAt)
{
    /// <summary><c>gateway on port 54321</c>: what a list of services shows of each.</summary>
    public override string ToString() => IsRunning ? $"{Name} on port {Port}" : $"{Name} stopped";
}
