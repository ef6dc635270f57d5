using System.Net;
using System.Text;
using System.Text.Json;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>The real postgres-meta.</summary>
public sealed class MetaServiceTests
{
    [Fact]
    public async Task Whoever_has_the_secret_key_sees_the_databases_tables()
    {
        await using var project = new StackProject { Stacks = await RealRuntimes.StacksAsync("meta") };
        LocalStackInfo stack = await project.StartAsync(project.Environment());
        await CreateTableAsync(stack);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        using JsonDocument tables = await JsonDocument.ParseAsync(await SendAsync(client, stack, stack.Keys!.SecretKey.Reveal(), HttpStatusCode.OK));

        Assert.Equal(ServiceState.Healthy, stack.Services.Single(service => service.Name == "meta").State);
        Assert.Contains(tables.RootElement.EnumerateArray(), table => table.GetProperty("name").GetString() == "lessons" && table.GetProperty("schema").GetString() == "public");
        await SendAsync(client, stack, stack.Keys.PublishableKey, HttpStatusCode.Unauthorized);
    }

    /// <summary>Each of these loads something that the bundle leaves where it was, or a file beside itself.</summary>
    private static readonly (string Path, string? Query, string Expected)[] s_requests =
    [
        ("/pg/generators/typescript", null, "lessons: {"),
        ("/pg/query", "select count(*) from public.lessons", "\"count\":0"),
        ("/pg/query", "select * from public.nothing", "does not exist"),
        ("/pg/query/format", "select 1 from public.lessons", "public.lessons"),
        ("/pg/query/parse", "select 1 from public.lessons", "\"relname\":\"lessons\""),
    ];

    [Fact]
    public async Task What_it_does_needs_nothing_that_its_bundle_lost()
    {
        await using var project = new StackProject { Stacks = await RealRuntimes.StacksAsync("meta") };
        LocalStackInfo stack = await project.StartAsync(project.Environment());
        await CreateTableAsync(stack);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        foreach ((string path, string? query, string expected) in s_requests)
        {
            using var request = new HttpRequestMessage(query is null ? HttpMethod.Get : HttpMethod.Post, new Uri(stack.Url!, path));
            request.Headers.Add("apikey", stack.Keys!.SecretKey.Reveal());
            request.Content = query is null ? null : new StringContent(JsonSerializer.Serialize(new { query }), Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await client.SendAsync(request);

            Assert.Contains(expected, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    private static async Task CreateTableAsync(LocalStackInfo stack)
    {
        await using NpgsqlConnection connection = await stack.Database!.OpenAsync(CancellationToken.None);
        await using var create = new NpgsqlCommand("create table public.lessons (id int primary key)", connection);
        await create.ExecuteNonQueryAsync();
    }

    private static async Task<Stream> SendAsync(HttpClient client, LocalStackInfo stack, string key, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(stack.Url!, "/pg/tables"));
        request.Headers.Add("apikey", key);
        HttpResponseMessage answer = await client.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
        return await answer.Content.ReadAsStreamAsync();
    }
}
