namespace SupabaseDeploy.Targets;

/// <summary>What was seen of a place before a deployment.</summary>
/// <param name="Facts">Everything that was looked at, in the order in which one thing needs the other: DNS, TCP, TLS, authentication, …</param>
/// <param name="FreeSpace">Bytes free where the database is; null when the place does not tell.</param>
public sealed record PlaceInspection(IReadOnlyList<PlaceFact> Facts, long? FreeSpace)
{
    /// <summary>Nothing was looked at.</summary>
    public static PlaceInspection Empty { get; } = new([], null);
}

/// <summary>How a fact bears on a deployment.</summary>
public enum PlaceVerdict
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>A deployment goes on, and says so.</summary>
    Doubtful,

    /// <summary>A deployment stops before its first change.</summary>
    Bad,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What: <c>tls</c>, <c>secrets</c>, <c>gateway</c>.</param>
/// <param name="Verdict">How it bears on the deployment.</param>
/// <param name="Message">What was seen, in one sentence.</param>
/// <param name="Remedy">What to do, beginning with a verb; null when it is good.</param>
public sealed record PlaceFact(string Name, PlaceVerdict Verdict, string Message, string? Remedy = null);
