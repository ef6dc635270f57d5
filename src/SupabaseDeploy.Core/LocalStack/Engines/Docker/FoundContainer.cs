namespace SupabaseDeploy.LocalStack;

/// <summary>A container of a stack as the engine has it.</summary>
internal sealed record FoundContainer
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Service { get; init; }

    /// <summary>What <see cref="DockerContainer.Digest"/> was when it was made.</summary>
    public required string Definition { get; init; }

    /// <summary>The engine's word for it: <c>created</c>, <c>running</c>, <c>restarting</c>, <c>exited</c>, <c>dead</c> and so on.</summary>
    public required string Status { get; init; }

    public required long ExitCode { get; init; }

    public required int ProcessId { get; init; }

    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended last.</summary>
    public required DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How often the engine started it again.</summary>
    public required int Restarts { get; init; }

    public required string Tag { get; init; }

    /// <summary>True when the stack counts as running without it.</summary>
    public required bool IsOptional { get; init; }

    /// <summary>The port of this machine that leads to the service.</summary>
    public required int Port { get; init; }

    /// <summary>All ports of this machine that lead to it, by its own.</summary>
    public required IReadOnlyDictionary<int, int> Ports { get; init; }

    /// <summary>The names of its volumes, by where it sees them.</summary>
    public required IReadOnlyDictionary<string, string> Volumes { get; init; }

    public bool IsRunning => Status is "running";

    /// <summary>Whether the engine runs it, or is about to do so again.</summary>
    public bool IsUp => Status is "running" or "restarting";

    /// <summary>True when it ended by itself and is not started again.</summary>
    public bool HasFailed => Status is "exited" or "dead" && !IsStoppedOnPurpose;

    // 128 + SIGINT, SIGKILL and SIGTERM: it was told to end.
    private bool IsStoppedOnPurpose => ExitCode is 0 or 130 or 137 or 143;
}
