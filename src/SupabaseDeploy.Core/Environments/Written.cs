using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Environments;

/// <summary>A value as it stands in <c>env/pipeline.yml</c>, with the place it stands at.</summary>
internal sealed record Written<T>(T Value, string Path, int Line);

/// <summary>The whole file as written: everything optional, references (<c>${…}</c>) not resolved.</summary>
internal sealed record WrittenPipeline
{
    public Written<string>? Application { get; init; }

    public WrittenWeb? Web { get; init; }

    public WrittenHealth? Health { get; init; }

    public WrittenReleases? Releases { get; init; }

    public WrittenSecrets? Secrets { get; init; }

    public IReadOnlyList<WrittenStage> Stages { get; init; } = [];
}

/// <summary><c>releases</c>.</summary>
internal sealed record WrittenReleases
{
    public Written<string>? Store { get; init; }

    public Written<string>? Endpoint { get; init; }

    public Written<string>? Region { get; init; }

    public Written<string>? AccessKey { get; init; }

    public Written<string>? SecretKey { get; init; }
}

/// <summary><c>secrets</c> of the whole file.</summary>
internal sealed record WrittenSecrets
{
    public IReadOnlyList<Written<string>> Command { get; init; } = [];

    public Written<TimeSpan>? Timeout { get; init; }

    public Written<string>? Vault { get; init; }
}

/// <summary>One entry of <c>stages</c>.</summary>
internal sealed record WrittenStage(string Path, int Line)
{
    public Written<string>? Name { get; init; }

    public Written<TargetKind>? Target { get; init; }

    public Written<string>? Project { get; init; }

    public Written<string>? Database { get; init; }

    public Written<string>? PromoteFrom { get; init; }

    public Written<string>? Compose { get; init; }

    public Written<LocalStackEngine>? Engine { get; init; }

    public WrittenHealth? Health { get; init; }

    public WrittenGates? Gates { get; init; }

    public WrittenBackup? Backup { get; init; }

    public WrittenMigrations? Migrations { get; init; }

    public WrittenConfiguration? Configuration { get; init; }

    public WrittenCloud Cloud { get; init; } = new();
}

/// <summary><c>web</c>.</summary>
internal sealed record WrittenWeb
{
    public Written<string>? Bundle { get; init; }

    public Written<int>? Keep { get; init; }
}

/// <summary><c>health</c>, of the application or of one stage.</summary>
internal sealed record WrittenHealth
{
    public Written<TimeSpan>? Timeout { get; init; }

    public Written<int>? Passes { get; init; }

    public Written<TimeSpan>? Window { get; init; }

    public Written<InconclusiveHealth>? OnInconclusive { get; init; }

    public Written<TimeSpan>? Pause { get; init; }

    public IReadOnlyList<WrittenEndpoint> Endpoints { get; init; } = [];
}

/// <summary>One entry of <c>health.endpoints</c>.</summary>
internal sealed record WrittenEndpoint
{
    public Written<string>? Name { get; init; }

    public Written<string>? Url { get; init; }

    public Written<int>? Status { get; init; }

    public Written<string>? Body { get; init; }

    public Written<TimeSpan>? Latency { get; init; }
}

/// <summary><c>gates</c>.</summary>
internal sealed record WrittenGates
{
    public IReadOnlyList<WrittenEvidence> Evidence { get; init; } = [];

    public Written<TimeSpan>? Soak { get; init; }

    public Written<int>? Approvals { get; init; }

    public Written<TimeSpan>? ApprovalsWithin { get; init; }

    public Written<TimeSpan>? DrillWithin { get; init; }

    public IReadOnlyList<FreezeWindow> Freeze { get; init; } = [];
}

/// <summary>One entry of <c>gates.evidence</c>: a kind, or a mapping.</summary>
internal sealed record WrittenEvidence(Written<string> Kind, Written<TimeSpan>? MaxAge);

/// <summary><c>backup</c>.</summary>
internal sealed record WrittenBackup
{
    public Written<bool>? Before { get; init; }

    public Written<string>? Store { get; init; }

    public bool HasKeep { get; init; }

    public Written<int>? Daily { get; init; }

    public Written<int>? Weekly { get; init; }

    public Written<int>? Monthly { get; init; }
}

/// <summary><c>configuration</c>.</summary>
internal sealed record WrittenConfiguration(Written<string> Place)
{
    /// <summary>Patterns of keys of <c>supabase/config.toml</c>.</summary>
    public IReadOnlyList<Written<string>> Take { get; init; } = [];

    /// <summary>JSON values by key.</summary>
    public IReadOnlyDictionary<string, Written<string>> Set { get; init; } = new Dictionary<string, Written<string>>();
}

/// <summary><c>migrations</c>.</summary>
internal sealed record WrittenMigrations
{
    public Written<TimeSpan>? LockTimeout { get; init; }

    public Written<TimeSpan>? StatementTimeout { get; init; }

    public Written<int>? Retries { get; init; }

    public Written<ContractMigrations>? Contract { get; init; }
}
