using System.Text.Json.Nodes;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Deployments;

/// <summary>Measures an environment after a change until it is steadily healthy, or the time for that is over.</summary>
internal sealed class HealthGate(IDeploymentTargets targets, TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly HealthChecker _checker = new(targets, time);

    /// <summary>The last measurement: Healthy means as many in a row were as <c>health.passes</c> says, spread over <c>health.window</c>.</summary>
    public Task<DeploymentHealth> WaitAsync(
        DeploymentEnvironment environment, Release release, TimeSpan limit, IProgressSink sink, CancellationToken cancellationToken)
    {
        HealthSettings settings = environment.Health;
        TimeSpan spread = settings.Passes > 1 ? settings.Window / (settings.Passes - 1) : TimeSpan.Zero;
        var goal = new HealthGoal(HealthStatus.Healthy, settings.Passes, spread > s_interval ? spread : s_interval, limit + settings.Window);
        return _checker.MeasureUntilAsync(environment, release, goal, waiting: null, sink, cancellationToken);
    }

    /// <summary>One measurement.</summary>
    public Task<DeploymentHealth> MeasureAsync(DeploymentEnvironment environment, Release release, CancellationToken cancellationToken) =>
        _checker.CheckAsync(environment, release, cancellationToken);

    /// <summary>The same as the content of evidence, with what each check measured.</summary>
    public static string Content(DeploymentHealth health) => EvidenceContent.Of(
        Describe(health),
        ("checks", new JsonArray([.. health.Checks.Select(check => new JsonObject
        {
            ["check"] = check.Check,
            ["status"] = check.Status.ToString(),
            ["milliseconds"] = Math.Round(check.Latency.TotalMilliseconds, 1),
        })])));

    /// <summary>What is wrong, one clause a check; or that nothing is.</summary>
    public static string Describe(DeploymentHealth health)
    {
        HealthCheck[] bad = [.. health.Checks.Where(check => check.Status != HealthStatus.Healthy)];
        return bad.Length == 0
            ? $"{health.Checks.Count} checks are healthy."
            : string.Join(" ", bad.Select(check => $"{check.Check} is {check.Status}: {check.Message}"));
    }
}
