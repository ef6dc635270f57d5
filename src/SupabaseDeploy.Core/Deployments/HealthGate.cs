using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Measures an environment after a change until it is steadily healthy, or the stabilisation limit is over.</summary>
internal sealed class HealthGate(IDeploymentTargets targets, TimeProvider time)
{
    // One good answer may come from a process that is about to fall over.
    private const int SteadyPasses = 2;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly HealthChecker _checker = new(targets, time);

    /// <summary>The last measurement: Healthy means several in a row were.</summary>
    public Task<DeploymentHealth> WaitAsync(
        DeploymentEnvironment environment, Release release, TimeSpan limit, IProgressSink sink, CancellationToken cancellationToken) =>
        _checker.MeasureUntilAsync(
            environment, release, new HealthGoal(HealthStatus.Healthy, SteadyPasses, s_interval, limit), waiting: null, sink, cancellationToken);

    /// <summary>What is wrong, one clause a check; or that nothing is.</summary>
    public static string Describe(DeploymentHealth health)
    {
        HealthCheck[] bad = [.. health.Checks.Where(check => check.Status != HealthStatus.Healthy)];
        return bad.Length == 0
            ? $"{health.Checks.Count} checks are healthy."
            : string.Join(" ", bad.Select(check => $"{check.Check} is {check.Status}: {check.Message}"));
    }
}
