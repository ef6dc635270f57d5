using Microsoft.Extensions.Time.Testing;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Health;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class HealthGateTests : IAsyncLifetime
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private PublishedApplication _application = null!;
    private Release _release = null!;

    private Action? Fault
    {
        set => ((FolderTarget)_application.Targets.For(_application.Environment("staging"))).Fault = value;
    }

    public async ValueTask InitializeAsync() => (_application, _release) = await PublishedApplication.CreateWithFirstAsync();

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task A_place_that_answers_once_when_the_time_is_over_is_not_healthy()
    {
        FailUntilTheTimeIsOver(atLast: null);

        HealthSeries series = await WaitAsync(s_limit);

        Assert.Equal((HealthVerdict.Fail, false, 1), (series.Verdict, series.IsReached, series.Passes));
        Assert.Equal(HealthStatus.Healthy, series.Last.Status);
        Assert.False(HealthGate.ToEvidence(_release, series).IsPassed);
    }

    [Fact]
    public async Task A_place_that_gave_wrong_answers_and_then_none_is_not_healthy()
    {
        FailUntilTheTimeIsOver(new HttpRequestException("no route"));

        HealthSeries series = await WaitAsync(s_limit);

        Assert.Equal(HealthVerdict.Fail, series.Verdict);
        Assert.Equal(HealthVerdict.Inconclusive, series.Last.Verdict);
    }

    [Fact]
    public async Task Measurements_that_take_longer_than_the_time_there_is_go_on_until_there_are_enough()
    {
        Fault = () => _time.Advance(TimeSpan.FromSeconds(2));

        HealthSeries series = await WaitAsync(TimeSpan.FromSeconds(1));

        Assert.Equal((true, 3), (series.IsReached, series.Passes));
        Assert.Contains("\"passes\":3", HealthGate.ToEvidence(_release, series).Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_time_at_all_asks_for_one_measurement()
    {
        HealthSeries series = await WaitAsync(TimeSpan.Zero);

        Assert.Equal((true, 1), (series.IsReached, series.Passes));
    }

    [Fact]
    public async Task What_runs_already_need_not_prove_itself_for_the_whole_window()
    {
        _application.Change = environment => environment with { Health = environment.Health with { Passes = 3, Window = TimeSpan.FromDays(1) } };

        Deployment again = await _application.PublishAsync("staging", _release, new DeploymentOptions()).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal((DeploymentStatus.Succeeded, false), (again.Status, again.Changed));
    }

    private void FailUntilTheTimeIsOver(Exception? atLast)
    {
        int measurements = 0;
        Fault = () =>
        {
            if (++measurements < 3)
            {
                throw new InvalidOperationException("500");
            }

            _time.Advance(s_limit);
            if (atLast is not null)
            {
                throw atLast;
            }
        };
    }

    private async Task<HealthSeries> WaitAsync(TimeSpan limit)
    {
        var environment = _application.Environment("staging");
        environment = environment with { Health = environment.Health with { Passes = 3, Timeout = TimeSpan.FromMinutes(15) } };
        Task<HealthSeries> waiting = new HealthGate(_application.Targets, _time).WaitAsync(environment, _release, limit, NullProgressSink.Instance, CancellationToken.None);
        await Wait.UntilAsync(() =>
        {
            _time.Advance(limit == s_limit ? TimeSpan.FromMilliseconds(50) : TimeSpan.Zero);
            return waiting.IsCompleted;
        });
        return await waiting;
    }
}
