using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Core.Tests.Environments;

public sealed class DurationTests
{
    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("0s", 0)]
    [InlineData("30s", 30)]
    [InlineData("20m", 1200)]
    [InlineData("1h", 3600)]
    [InlineData("7d", 604800)]
    [InlineData("1.5h", 5400)]
    [InlineData("1h30m", 5400)]
    [InlineData("1d2h3m4s", 93784)]
    [InlineData("00:20:00", 1200)]
    public void A_number_with_a_unit_is_a_duration(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Duration.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-5m")]
    [InlineData("5 m")]
    [InlineData("5min")]
    [InlineData("5M")]
    [InlineData("1..5h")]
    [InlineData(".5h")]
    [InlineData("5.h")]
    [InlineData("30m1h")]
    [InlineData("1h1h")]
    [InlineData("-00:20:00")]
    [InlineData("99999999999d")]
    [InlineData("99999999999999999999999999999999999d")]
    public void Anything_else_is_refused(string text) =>
        Assert.Equal(ErrorTable.InvalidDuration, Assert.Throws<DeployException>(() => Duration.Parse(text)).Code);

    [Fact]
    public void A_bare_number_is_refused_because_its_unit_is_missing()
    {
        var error = Assert.Throws<DeployException>(() => Duration.Parse("30"));
        Assert.Equal("'30' is not a duration like '30s', '20m', '1h' or '7d': the unit is missing.", error.Message);
        Assert.Equal("Write a number with a unit: ms, s, m, h or d.", error.Remedy);
    }
}
