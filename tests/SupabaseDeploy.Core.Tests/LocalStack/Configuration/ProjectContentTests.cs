using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>The buckets and secrets of <c>supabase/config.toml</c>, in a database.</summary>
public sealed class ProjectContentTests : IAsyncLifetime
{
    private const string TwoBuckets = "[storage.buckets.images]\n[storage.buckets.\"my.bucket\"]\npublic = true\n[db.vault]\nkey = \"value\"\n";

    private readonly TemporaryFolder _folder = new();
    private readonly CollectingSink _sink = new();
    private TestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestCluster.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Buckets_are_made_with_the_names_they_have_and_one_that_is_refused_is_named()
    {
        await EnsureAsync(TwoBuckets);
        Assert.Equal("images f, my.bucket t", await QueryAsync("select string_agg(format('%s %s', id, public), ', ' order by id) from storage.buckets"));
        Assert.Empty(_sink.Events);

        await QueryAsync("alter table storage.buckets add constraint no_films check (id <> 'films'); select ''");
        DeployException refused = await Assert.ThrowsAsync<DeployException>(() => EnsureAsync("[storage.buckets.films]\n"));

        Assert.Equal(ErrorTable.ProjectContentRefused, refused.Code);
        Assert.StartsWith("Bucket 'films' of 'supabase/config.toml' cannot be written to database ", refused.Message, StringComparison.Ordinal);
        Assert.IsType<PostgresException>(refused.InnerException);
    }

    [Fact]
    public async Task Without_Storage_no_bucket_is_made_and_nothing_fails()
    {
        await EnsureAsync($"{TwoBuckets}[storage]\nenabled = false\n");
        Assert.Equal("0", await QueryAsync("select count(*)::text from storage.buckets"));
        await QueryAsync("drop schema storage cascade; select ''");

        await EnsureAsync(TwoBuckets);

        Assert.Equal("value", await QueryAsync("select decrypted_secret from vault.decrypted_secrets where name = 'key'"));
        Assert.Equal(
            [
                "Bucket 'images', Bucket 'my.bucket' of 'supabase/config.toml' cannot be made: 'storage.enabled' is false.",
                "Bucket 'images', Bucket 'my.bucket' of 'supabase/config.toml' cannot be made: service 'storage', which makes their table, did not run yet. The first start with it makes them.",
            ],
            _sink.Events.Cast<Notice>().Select(notice => notice.Message));
    }

    private Task EnsureAsync(string toml)
    {
        _folder.Write("supabase/config.toml", toml);
        return ProjectContent.Of(SupabaseConfiguration.Load(new ProjectFolder(_folder.Path))).EnsureAsync(_cluster.Administration, _sink, CancellationToken.None);
    }

    private async Task<string> QueryAsync(string sql)
    {
        await using var connection = await _cluster.Administration.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
