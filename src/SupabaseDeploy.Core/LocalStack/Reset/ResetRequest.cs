using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>What a local database is reset to.</summary>
public sealed record ResetRequest
{
    /// <summary>A local environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary>The last version to apply; null for all files.</summary>
    public string? To { get; init; }

    /// <summary>Run the project's seeds after the migrations.</summary>
    public bool IncludeSeed { get; init; } = true;

    /// <summary>How long to wait for another holder of the database's lock; zero to stop at once.</summary>
    public TimeSpan LockWait { get; init; }
}
