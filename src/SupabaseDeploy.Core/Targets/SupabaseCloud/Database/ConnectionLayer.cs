namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>What a connection to a database is made of, each needing the one before it.</summary>
internal enum ConnectionLayer
{
    /// <summary>The name has an address.</summary>
    Dns,

    /// <summary>This machine has a way to such addresses: a direct host of the platform has only one of IPv6.</summary>
    Ipv6,

    /// <summary>The port takes connections.</summary>
    Tcp,

    /// <summary>The certificate is of the host and of an authority that is trusted.</summary>
    Tls,

    /// <summary>Role and password are right.</summary>
    Authentication,

    /// <summary>The database lets the session in.</summary>
    Session,
}

/// <summary>What came of one way to the database.</summary>
/// <param name="Way">The way, for people: <c>direct</c>, <c>session pooler</c>.</param>
/// <param name="Address">Where it leads.</param>
/// <param name="FailedAt">The layer it failed at; null when it works.</param>
/// <param name="Cause">Why it failed, as one clause.</param>
internal sealed record ConnectionAttempt(string Way, Postgres.DatabaseAddress Address, ConnectionLayer? FailedAt, string? Cause)
{
    /// <summary>What was thrown; null when it works, or nobody spoke at all.</summary>
    public Exception? Failure { get; init; }

    public bool IsOpen => FailedAt is null;

    /// <inheritdoc/>
    public override string ToString() => IsOpen ? $"{Way} ({Address}): works" : $"{Way} ({Address}): {LayerText(FailedAt!.Value)}: {Cause}";

    public static string LayerText(ConnectionLayer layer) => layer switch
    {
        ConnectionLayer.Dns => "DNS",
        ConnectionLayer.Ipv6 => "IPv6",
        ConnectionLayer.Tcp => "TCP",
        ConnectionLayer.Tls => "TLS",
        ConnectionLayer.Authentication => "authentication",
        _ => "session",
    };
}
