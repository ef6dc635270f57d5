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
    public async Task<DeploymentHealth> WaitAsync(
        DeploymentEnvironment environment, Release release, TimeSpan limit, IProgressSink sink, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        for (int healthyInARow = 0; ;)
        {
            DeploymentHealth health = await _checker.CheckAsync(environment, release, cancellationToken).ConfigureAwait(false);
            healthyInARow = health.Status == HealthStatus.Healthy ? healthyInARow + 1 : 0;
            TimeSpan left = limit - time.GetElapsedTime(start);
            if (healthyInARow == SteadyPasses || left <= TimeSpan.Zero)
            {
                return health;
            }

            foreach (HealthCheck check in health.Checks.Where(check => check.Status != HealthStatus.Healthy))
            {
                sink.Publish(new Detail($"{environment} {check.Check} is {check.Status}: {check.Message}"));
            }

            await Task.Delay(left < s_interval ? left : s_interval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What is wrong, one clause a check; or that nothing is.</summary>
    public static string Describe(DeploymentHealth health)
    {
        HealthCheck[] bad = [.. health.Checks.Where(check => check.Status != HealthStatus.Healthy)];
        return bad.Length == 0
            ? $"{health.Checks.Count} checks are healthy."
            : string.Join(" ", bad.Select(check => $"{check.Check} is {check.Status}: {check.Message}"));
    }
}
