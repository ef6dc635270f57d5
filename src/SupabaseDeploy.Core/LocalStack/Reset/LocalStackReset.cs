using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>One reset of a local database, done and verified.</summary>
public sealed record LocalStackReset : IEnvironmentResult
{
    /// <summary>The environment.</summary>
    public required DeploymentEnvironment Environment { get; init; }

    /// <summary><c>host:port/database</c>, as before.</summary>
    public required string Database { get; init; }

    /// <summary>The newest version in the history, read from the new database; null when it is empty.</summary>
    public required string? Version { get; init; }

    /// <summary>Number of migrations in the history.</summary>
    public required int Total { get; init; }

    /// <summary>Seed files that the database has.</summary>
    public required IReadOnlyList<string> Seeds { get; init => field = value.ToArray(); }

    /// <summary>How many of the migrations and seeds came with a snapshot; the rest was run.</summary>
    public required int FromCache { get; init; }

    /// <summary>What was lost.</summary>
    public required IReadOnlyList<LostTable> Lost { get; init => field = value.ToArray(); }

    /// <summary>Always true: the database is another one.</summary>
    public bool Changed { get; init; } = true;

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How long no connection could be made.</summary>
    public required TimeSpan Downtime { get; init; }
}
