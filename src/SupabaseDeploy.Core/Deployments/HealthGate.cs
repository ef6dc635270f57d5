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

    /// <summary>Measures until as many in a row are healthy as <c>health.passes</c> says, spread over <c>health.window</c>, or the time for that is over.</summary>
    public Task<HealthSeries> WaitAsync(
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

    /// <summary>The environment where what is there was healthy for long: that it answers is enough.</summary>
    public static DeploymentEnvironment WithoutWindow(DeploymentEnvironment environment) =>
        environment with { Health = environment.Health with { Window = TimeSpan.Zero } };

    /// <summary>The content of evidence, with what each check measured.</summary>
    public static NewEvidence ToEvidence(Release release, HealthSeries series) => new(
        Evidence.Healthy, release, series.IsReached, Content(series));

    private static string Content(HealthSeries series) => EvidenceContent.Of(
        Describe(series),
        ("passes", series.Passes),
        ("checks", new JsonArray([.. series.Telling.Checks.Select(check => new JsonObject
        {
            ["check"] = check.Check,
            ["status"] = check.Status.ToString(),
            ["milliseconds"] = Math.Round(check.Latency.TotalMilliseconds, 1),
        })])));

    /// <summary>What is wrong, one clause a check; or that nothing is.</summary>
    public static string Describe(HealthSeries series) => series.Telling == series.Last
        ? Describe(series.Last)
        : series.Passes == 0 ? $"{Describe(series.Telling)} At last: {Describe(series.Last)}"
        : $"Only the last {(series.Passes == 1 ? "measurement is" : $"{series.Passes} measurements are")} healthy, and {series.Wanted} in a row are asked for. Before: {Describe(series.Telling)}";

    /// <summary>The same of one measurement.</summary>
    public static string Describe(DeploymentHealth health)
    {
        HealthCheck[] bad = [.. health.Checks.Where(check => check.Status != HealthStatus.Healthy)];
        return bad.Length == 0
            ? $"{health.Checks.Count} checks are healthy."
            : string.Join(" ", bad.Select(check => $"{check.Check} is {check.Status}: {check.Message}"));
    }
}
