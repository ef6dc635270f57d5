using SupabaseDeploy.Deployments;
using SupabaseDeploy.Health;

namespace SupabaseDeploy.Core.Tests.Health;

public sealed class HealthSeriesTests
{
    /// <summary>h: healthy, d: degraded, f: a wrong answer, u: none.</summary>
    [Theory]
    [InlineData("hhh", true, HealthVerdict.Pass)]
    [InlineData("ffffh", false, HealthVerdict.Fail)]
    [InlineData("fffuh", false, HealthVerdict.Fail)]
    [InlineData("ffffu", false, HealthVerdict.Fail)]
    [InlineData("uuuuh", false, HealthVerdict.Inconclusive)]
    [InlineData("uuuuu", false, HealthVerdict.Inconclusive)]
    [InlineData("fhhuh", false, HealthVerdict.Inconclusive)]
    [InlineData("hhf", false, HealthVerdict.Fail)]
    [InlineData("fddd", false, HealthVerdict.Pass)]
    [InlineData("fddh", false, HealthVerdict.Pass)]
    public void Fewer_good_answers_in_a_row_than_wanted_are_no_health(string seen, bool isReached, HealthVerdict verdict)
    {
        HealthSeries series = Of(seen);

        Assert.Equal((isReached, verdict), (series.IsReached, series.Verdict));
        Assert.True(series.IsDecided);
    }

    [Theory]
    [InlineData("ffh", "Only the last measurement is healthy, and 3 in a row are asked for. Before: home is Failed: f")]
    [InlineData("ffu", "home is Failed: f At last: home is Failed: u")]
    [InlineData("ddh", "Only the last measurement is healthy, and 3 in a row are asked for. Before: home is Degraded: d")]
    [InlineData("hhh", "1 checks are healthy.")]
    public void It_says_why(string seen, string expected) => Assert.Equal(expected, HealthGate.Describe(Of(seen)));

    [Fact]
    public void Good_answers_that_take_long_decide_nothing_before_there_are_enough() => Assert.False(Of("hh").IsDecided);

    private static HealthSeries Of(string seen) =>
        seen.Aggregate(new HealthSeries(3), (series, each) => series.With(Measured(each), HealthStatus.Healthy));

    private static DeploymentHealth Measured(char what)
    {
        HealthStatus status = what switch { 'h' => HealthStatus.Healthy, 'd' => HealthStatus.Degraded, _ => HealthStatus.Failed };
        return new DeploymentHealth(Sample.Environment(), [new HealthCheck
        {
            Environment = Sample.Environment(),
            Check = "home",
            Status = status,
            Latency = TimeSpan.Zero,
            Message = $"{what}",
            MeasuredAt = DateTimeOffset.UnixEpoch,
            IsAnswered = what != 'u',
        }]);
    }
}
