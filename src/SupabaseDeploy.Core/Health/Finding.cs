namespace SupabaseDeploy.Health;

/// <summary>What one probe saw.</summary>
internal readonly record struct Finding(HealthStatus Status, string Message)
{
    public static Finding Healthy(string message) => new(HealthStatus.Healthy, message);

    public static Finding Degraded(string message) => new(HealthStatus.Degraded, message);

    public static Finding Failed(string message) => new(HealthStatus.Failed, message);
}
