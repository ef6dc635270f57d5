using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Health;

/// <summary>Measures whether an environment is healthy: its database, its web root and the endpoints of <c>pipeline.yml</c>.</summary>
/// <param name="targets">Gives the place each environment lives in.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class HealthChecker(IDeploymentTargets targets, TimeProvider? time = null)
{
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>
    /// Runs every check once, in parallel, each within <see cref="HealthSettings.Timeout"/>. What cannot be measured is a failed check
    /// with the reason, never an exception.
    /// </summary>
    /// <param name="environment">The environment.</param>
    /// <param name="expected">
    /// The release it should be at. With null it is the ledger's current release, and where there is no ledger,
    /// the files of the migrations folder.
    /// </param>
    /// <param name="cancellationToken">Stops the checks.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<DeploymentHealth> CheckAsync(DeploymentEnvironment environment, Release? expected, CancellationToken cancellationToken)
    {
        expected = expected?.IsFor(environment.Name) == true ? expected.For(environment.Name) : expected;
        var measurement = new Measurement(environment, _time);
        var target = new Lazy<IDeploymentTarget>(() => targets.For(environment));
        Task<DatabaseHealth> database = new DatabaseProbes(measurement, environment, () => target.Value).CheckAsync(expected, cancellationToken);
        Task<ServedRelease> served = WebProbe.AskAsync(measurement, () => target.Value, cancellationToken);
        Task<HealthCheck[]> endpoints = Task.WhenAll(environment.Health.Endpoints.Select(endpoint => measurement.MeasureAsync(
            endpoint.Name,
            new HttpProbe(endpoint, token => target.Value.GetWebUrlAsync(token), _time).CheckAsync,
            cancellationToken)));
        Task<HealthCheck[]> services = ServicesProbe.CheckAsync(measurement, () => target.Value, cancellationToken);
        await Task.WhenAll(database, served, endpoints, services).ConfigureAwait(false);
        return Judge(
            environment,
            measurement,
            await database.ConfigureAwait(false),
            await served.ConfigureAwait(false),
            await services.ConfigureAwait(false),
            await endpoints.ConfigureAwait(false));
    }

    /// <summary>Measures again and again until nothing is worse than accepted, or the time is over; gives the last measurement.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="expected">As for <see cref="CheckAsync"/>.</param>
    /// <param name="accepted">The worst status that ends the wait.</param>
    /// <param name="limit">How long to go on; with zero it is measured once.</param>
    /// <param name="sink">Told what is still bad.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    public async Task<DeploymentHealth> WaitAsync(
        DeploymentEnvironment environment, Release? expected, HealthStatus accepted, TimeSpan limit, IProgressSink sink, CancellationToken cancellationToken)
    {
        string activity = $"Health of {environment.Name}";
        try
        {
            var goal = new HealthGoal(accepted, InARow: 1, s_pollInterval, limit);
            return (await MeasureUntilAsync(environment, expected, goal, ShowWaiting, sink, cancellationToken).ConfigureAwait(false)).Last;
        }
        finally
        {
            sink.Publish(new ActivityCompleted(activity));
        }

        void ShowWaiting(IReadOnlyList<HealthCheck> bad, TimeSpan left) => sink.Publish(new ActivityProgress(
            activity, $"Waiting for {string.Join(", ", bad.Select(check => check.Check))}", 100 * (1 - (left / limit)), left));
    }

    /// <summary>Measures until the goal is reached or its time is over.</summary>
    internal async Task<HealthSeries> MeasureUntilAsync(
        DeploymentEnvironment environment, Release? expected, HealthGoal goal, Action<IReadOnlyList<HealthCheck>, TimeSpan>? waiting, IProgressSink sink, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        var series = new HealthSeries(goal.Limit == TimeSpan.Zero ? 1 : goal.InARow);
        while (true)
        {
            DeploymentHealth health = await CheckAsync(environment, expected, cancellationToken).ConfigureAwait(false);
            series = series.With(health, goal.Accepted);
            TimeSpan left = goal.Limit - _time.GetElapsedTime(start);
            if (series.IsReached || (left <= TimeSpan.Zero && series.IsDecided))
            {
                return series;
            }

            HealthCheck[] bad = [.. health.Checks.Where(check => check.Status > goal.Accepted)];
            waiting?.Invoke(bad, left);
            foreach (HealthCheck check in bad)
            {
                sink.Publish(new Detail($"{environment.Name} {check.Check} is {check.Status}: {check.Message}"));
            }

            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left < goal.Interval ? left : goal.Interval, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static DeploymentHealth Judge(
        DeploymentEnvironment environment, Measurement measurement, DatabaseHealth database, ServedRelease served, HealthCheck[] services, HealthCheck[] endpoints)
    {
        // A bare database has no web root, whatever was published to the environment it belongs to.
        HealthCheck? web = environment.Target == TargetKind.Database ? null : WebProbe.Judge(measurement, served, database.Release);
        bool servesNothingYet = database.IsUnpublished && served is { Check.Status: HealthStatus.Healthy, ReleaseId: null };
        IEnumerable<HealthCheck> judged = servesNothingYet
            ? endpoints.Zip(environment.Health.Endpoints, ExpectNothingYet)
            : endpoints;
        HealthCheck[] checks = [.. database.Checks, .. web is null ? (HealthCheck[])[] : [web], .. services, .. judged];
        HealthStatus overall = checks.Max(check => check.Status);
        return new DeploymentHealth(environment, [.. checks.Select(check => check with { Overall = overall })]) { ReleaseId = database.Release?.Id };
    }

    /// <summary>A stack that has just been started has no pages to serve: that is no failure until something was published to it.</summary>
    private static HealthCheck ExpectNothingYet(HealthCheck check, HttpProbeSettings endpoint) =>
        check.Status == HealthStatus.Failed && HttpProbe.IsOfWebRoot(endpoint)
            ? check with { Status = HealthStatus.Healthy, Message = $"Nothing is published here yet, so nothing is expected of '{endpoint.Url}'." }
            : check;
}

/// <summary>When measuring again and again may end.</summary>
/// <param name="Accepted">The worst status that is good enough.</param>
/// <param name="InARow">How often in a row it has to be.</param>
/// <param name="Interval">Between two measurements.</param>
/// <param name="Limit">After which nothing is waited for any more. With zero one measurement is enough, and decides.</param>
internal sealed record HealthGoal(HealthStatus Accepted, int InARow, TimeSpan Interval, TimeSpan Limit);
