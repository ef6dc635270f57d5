namespace SupabaseDeploy.Environments;

/// <summary>What must hold before a release is published to an environment, besides having been healthy on <see cref="DeploymentEnvironment.PromoteFrom"/>.</summary>
public sealed record GateSettings
{
    /// <summary>Evidence the release must have.</summary>
    public IReadOnlyList<RequiredEvidence> Evidence { get; init => field = value.ToArray(); } = [];

    /// <summary>How long the release must have run on <see cref="DeploymentEnvironment.PromoteFrom"/> without a break; null for no time.</summary>
    public TimeSpan? Soak { get; init; }

    /// <summary>How many people other than the requester must approve.</summary>
    public int Approvals { get; init; }

    /// <summary>How long an approval counts.</summary>
    public TimeSpan ApprovalsWithin { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How old the last drill of the environment's backups may be that passed; null for no drill.</summary>
    public TimeSpan? DrillWithin { get; init; }

    /// <summary>When nothing is published.</summary>
    public IReadOnlyList<FreezeWindow> Freeze { get; init => field = value.ToArray(); } = [];
}

/// <summary>Evidence that a release must have.</summary>
/// <param name="Kind">Its kind: <c>tests</c>.</param>
/// <param name="MaxAge">How old it may be; null for any age.</param>
public sealed record RequiredEvidence(string Kind, TimeSpan? MaxAge)
{
    /// <inheritdoc/>
    public override string ToString() => Kind;
}
