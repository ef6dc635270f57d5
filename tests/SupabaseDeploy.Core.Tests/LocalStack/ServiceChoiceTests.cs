using SupabaseDeploy.Errors;
using SupabaseDeploy.LocalStack;

namespace SupabaseDeploy.Core.Tests.LocalStack;

public sealed class ServiceChoiceTests
{
    [Theory]
    [InlineData("db", "database")]
    [InlineData("database", "database")]
    [InlineData("gateway", "database gateway")]
    [InlineData("DB,Rest", "database gateway rest")]
    [InlineData("meta,auth", "database gateway auth meta")]
    public void Names_stand_for_services_with_what_they_need(string names, string expected) =>
        Assert.Equal(expected, string.Join(' ', ServiceChoice.Parse(names.Split(','))!));

    [Fact]
    public void A_star_stands_for_all() => Assert.Null(ServiceChoice.Parse(["rest", "*"]));

    [Fact]
    public void An_unknown_name_is_refused_with_those_there_are()
    {
        DeployException error = Assert.Throws<DeployException>(() => ServiceChoice.Parse(["postgrest"]));

        Assert.Equal(ErrorTable.ServiceUnknown, error.Code);
        Assert.Contains("db, gateway, mail, rest", error.Remedy, StringComparison.Ordinal);
    }
}
