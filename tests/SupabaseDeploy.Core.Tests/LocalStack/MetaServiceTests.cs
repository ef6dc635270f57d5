using System.Net;
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
