namespace SupabaseDeploy.Migrations;

/// <summary>How many databases are migrated at once, and when to stop.</summary>
public sealed record FleetOptions
{
    /// <summary>How many at the same time. Each takes two connections to its server.</summary>
    public int ThrottleLimit { get; init; } = 1;

    /// <summary>How many go first: unless all of them succeed, none of the others is begun.</summary>
    public int Canary { get; init; }

    /// <summary>So many failures begin no further database. Those at work are finished.</summary>
    public int MaxFailures { get; init; } = 1;
}
