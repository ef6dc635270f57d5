using SupabaseDeploy.Errors;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.Core.Tests.Migrations;

public sealed class SnapshotLimitTests
{
    [Theory]
    [InlineData(null, 2L << 30)]
    [InlineData("", 2L << 30)]
    [InlineData("0", 0)]
    [InlineData("500MB", 500L << 20)]
    [InlineData("10 gb", 10L << 30)]
    public void A_limit_is_a_number_of_megabytes_or_gigabytes(string? text, long expected) => Assert.Equal(expected, SnapshotLimit.Parse(text));

    [Theory]
    [InlineData("5")]
    [InlineData("-1GB")]
    [InlineData("1.5GB")]
    [InlineData("much")]
    public void Anything_else_is_refused_with_the_variable_s_name(string text)
    {
        DeployException failure = Assert.Throws<DeployException>(() => SnapshotLimit.Parse(text));

        Assert.Equal(ErrorTable.InvalidSnapshotLimit, failure.Code);
        Assert.Contains($"'{text}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(SnapshotLimit.Variable, failure.Message, StringComparison.Ordinal);
    }
}
