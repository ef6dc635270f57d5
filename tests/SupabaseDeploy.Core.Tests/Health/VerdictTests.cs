using SupabaseDeploy.Health;

namespace SupabaseDeploy.Core.Tests.Health;

public sealed class VerdictTests
{
    [Theory]
    [InlineData(0, 100, HealthStatus.Healthy)]
    [InlineData(80, 100, HealthStatus.Healthy)]
    [InlineData(81, 100, HealthStatus.Degraded)]
    [InlineData(99, 100, HealthStatus.Degraded)]
    [InlineData(100, 100, HealthStatus.Failed)]
    [InlineData(103, 100, HealthStatus.Failed)]
    [InlineData(0, 0, HealthStatus.Failed)]
    public void Connections_degrade_over_80_percent_and_fail_when_none_is_left(long used, long limit, HealthStatus expected) =>
        Assert.Equal(expected, ConnectionsProbe.Judge([new ConnectionLimit("the server", used, limit)]).Status);

    [Fact]
    public void The_tightest_limit_is_the_one_that_counts()
    {
        Finding finding = ConnectionsProbe.Judge([new ConnectionLimit("the server", 10, 100), new ConnectionLimit("role postgres", 9, 10)]);

        Assert.Equal(Finding.Degraded("9 of 10 connections of role postgres are in use, 1 left."), finding);
    }

    [Theory]
    [InlineData(299, HealthStatus.Healthy)]
    [InlineData(300, HealthStatus.Healthy)]
    [InlineData(301, HealthStatus.Degraded)]
    public void A_transaction_degrades_when_it_is_open_for_more_than_five_minutes(int seconds, HealthStatus expected)
    {
        Finding finding = TransactionsProbe.Judge(new OpenTransaction("process 7, user app, idle in transaction", TimeSpan.FromSeconds(seconds)));

        Assert.Equal(expected, finding.Status);
        Assert.Equal("The oldest transaction is open for 5 min (process 7, user app, idle in transaction).", finding.Message);
    }

    [Fact]
    public void A_missing_migration_of_the_release_fails()
    {
        Finding finding = MigrationsVerdict.AgainstRelease(Sample.Release(false, "001", "002", "003"), ["001", "900"]);

        Assert.Equal(Finding.Failed("2 migrations are missing of release aaaaaaaaaaaa: 002, 003. Also applied, and not known there: 900."), finding);
    }

    [Fact]
    public void A_migration_that_the_release_does_not_have_degrades()
    {
        Finding finding = MigrationsVerdict.AgainstRelease(Sample.Release(false, "001"), ["001", "002"]);

        Assert.Equal(Finding.Degraded("1 migration is applied that release aaaaaaaaaaaa does not have: 002."), finding);
    }

    [Fact]
    public void The_same_versions_are_healthy() =>
        Assert.Equal(
            Finding.Healthy("The 2 applied migrations are those of release aaaaaaaaaaaa."),
            MigrationsVerdict.AgainstRelease(Sample.Release(false, "001", "002"), ["002", "001"]));

    [Fact]
    public void Versions_are_compared_as_text() =>
        Assert.Equal(HealthStatus.Failed, MigrationsVerdict.AgainstRelease(Sample.Release(false, "1"), ["01"]).Status);

    [Fact]
    public void A_pending_file_degrades_and_a_long_list_is_shortened()
    {
        Finding finding = MigrationsVerdict.AgainstFolder("migrations", ["1", "2", "3", "4", "5", "6", "7"], []);

        Assert.Equal(Finding.Degraded("7 migrations are pending of folder 'migrations': 1, 2, 3, 4, 5 and 2 more."), finding);
    }

    [Fact]
    public void An_empty_folder_has_nothing_to_compare_with() =>
        Assert.Equal(HealthStatus.Healthy, MigrationsVerdict.AgainstFolder("migrations", [], ["1"]).Status);
}
