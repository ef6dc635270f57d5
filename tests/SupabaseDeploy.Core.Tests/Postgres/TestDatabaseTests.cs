using Npgsql;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Postgres;

public sealed class TestDatabaseTests
{
    [Fact]
    public async Task A_test_database_is_owned_by_postgres_who_is_no_superuser()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();

        Assert.Equal("postgres", await database.ScalarAsync<string>("select pg_get_userbyid(datdba)::text from pg_database where datname = current_database()"));
        Assert.False(await database.ScalarAsync<bool>("select rolsuper from pg_roles where rolname = current_user"));
    }

    [Fact]
    public async Task Two_test_databases_do_not_see_each_other()
    {
        await using TestDatabase first = await TestDatabase.CreateAsync();
        await using TestDatabase second = await TestDatabase.CreateAsync();

        await first.ExecuteAsync("create table only_here (id int)");

        Assert.False(await second.ScalarAsync<bool>("select to_regclass('only_here') is not null"));
    }

    [Fact]
    public async Task The_maintenance_database_is_there_for_role_postgres()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();

        await using NpgsqlConnection connection = await (database.Application with { Database = "_supabase_deploy" }).OpenAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand("select has_database_privilege('_supabase_deploy', 'create')", connection);

        Assert.True((bool)(await command.ExecuteScalarAsync())!);
    }

    [Fact]
    public async Task A_cluster_of_ones_own_is_gone_after_the_test()
    {
        string data;
        await using (TestCluster cluster = await TestCluster.CreateAsync())
        {
            data = (await cluster.Cluster.GetStateAsync(CancellationToken.None)).DataFolder!;
            Assert.True(Directory.Exists(data));
        }

        Assert.False(Directory.Exists(Path.GetDirectoryName(data)));
    }
}
