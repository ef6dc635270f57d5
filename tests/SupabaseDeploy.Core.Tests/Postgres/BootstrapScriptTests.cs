using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Core.Tests.Postgres;

public sealed class BootstrapScriptTests
{
    [Fact]
    public void Scripts_are_numbered_and_come_in_the_order_of_their_names()
    {
        string[] names = [.. Bootstrap.Scripts.Select(script => script.Name)];

        Assert.Equal("010_roles.sql", names[0]);
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.All(names, name => Assert.Matches("^[0-9]{3}_[a-z_]+\\.sql$", name));
    }

    [Fact]
    public void The_hash_is_a_sha_256_that_can_name_a_folder() => Assert.Matches("^[0-9a-f]{64}$", Bootstrap.Hash);
}
