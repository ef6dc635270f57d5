namespace SupabaseDeploy.Health;

/// <summary>What one probe saw.</summary>
internal readonly record struct Finding(HealthStatus Status, string Message)
{
    /// <summary>False when the probe got no answer: what it failed at says nothing about what it was to measure.</summary>
    public bool IsAnswered { get; init; } = true;

    public static Finding Healthy(string message) => new(HealthStatus.Healthy, message);

    public static Finding Degraded(string message) => new(HealthStatus.Degraded, message);

    public static Finding Failed(string message) => new(HealthStatus.Failed, message);

    public static Finding Unanswered(string message) => new(HealthStatus.Failed, message) { IsAnswered = false };
}
