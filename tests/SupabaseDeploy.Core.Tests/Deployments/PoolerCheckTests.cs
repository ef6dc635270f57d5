using SupabaseDeploy.Deployments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Core.Tests.Deployments;

public sealed class PoolerCheckTests
{
    [Theory]
    [InlineData("postgresql://postgres.abc@aws-0-eu-central-1.pooler.supabase.com:6543/postgres")]
    [InlineData("postgresql://postgres@db.abc.supabase.co:6543/postgres")]
    public void The_platforms_transaction_pooler_is_refused_by_its_address(string url)
    {
        DeployException e = Assert.Throws<DeployException>(() => PoolerCheck.EnsureAddressIsSession(DatabaseAddress.Parse(url)));

        Assert.Equal(ErrorTable.TransactionPooler, e.Code);
        Assert.Contains(":5432/postgres", e.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgresql://postgres.abc@aws-0-eu-central-1.pooler.supabase.com:5432/postgres")]
    [InlineData("postgresql://postgres@127.0.0.1:6543/postgres")]
    public void Any_other_address_is_asked_before_it_is_judged(string url) =>
        PoolerCheck.EnsureAddressIsSession(DatabaseAddress.Parse(url));

    [Theory]
    [InlineData(100, 200, 100, false)]
    [InlineData(100, 100, 100, true)]
    [InlineData(100, 200, 300, true)]
    public void A_backend_shared_or_changed_between_statements_is_a_transaction_pooler(int first, int other, int again, bool expected) =>
        Assert.Equal(expected, PoolerCheck.IsTransactionPooled(first, other, again));

    [Fact]
    public void Databases_have_keys_of_their_own()
    {
        Assert.Equal(LockTable.Key("postgres"), LockTable.Key("postgres"));
        Assert.NotEqual(LockTable.Key("postgres"), LockTable.Key("postgres2"));
    }
}
