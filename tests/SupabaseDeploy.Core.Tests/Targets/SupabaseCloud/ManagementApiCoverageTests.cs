using System.Text;
using System.Text.Json;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Targets.SupabaseCloud;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.Targets.SupabaseCloud;

/// <summary>Every operation of the client is asked for, against a server that refuses what the OpenAPI file does not have.</summary>
[Collection(ServerRoles.Collection)]
public sealed class ManagementApiCoverageTests(ITestOutputHelper output)
{
    [Fact]
    public void The_client_names_each_operation_as_the_file_does()
    {
        foreach (ApiOperation operation in ApiOperations.All)
        {
            ManagementApiOperation written = ManagementApiContract.Instance.Operations.Single(written => written.Id == operation.Id);
            Assert.Equal((written.Method, written.Path), (operation.Method.Method, operation.Path));
            Assert.Contains(operation.Permission, written.Definition.GetProperty("security").GetRawText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_call_the_client_can_make_matches_the_file_and_so_does_its_answer()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync();
        await using ManagementApiServer server = await ManagementApiServer.StartAsync();
        ManagementApiProject project = server.AddProject();
        project.Database = database.Application;
        project.Administration = database.Administration;
        project.HasPointInTimeRecovery = true;
        project.DailyBackups.Add((7, DateTimeOffset.UnixEpoch));
        project.Poolers.Add(("pooler.example", 6543, $"postgres.{project.Reference}", "transaction"));
        var api = new ManagementApi(new ApiConnection(new ApiAccess(server.Address, server.Token), new SkippingTime()), project.Reference);

        Assert.Equal("ACTIVE_HEALTHY", (await api.GetProjectAsync(default)).Status);
        Assert.Equal(ManagementApi.Services, (await api.GetHealthAsync(default)).Select(service => service.Name));
        Assert.False((await api.GetReadOnlyAsync(default)).Enabled);
        Assert.Equal(6_000_000_000, (await api.GetDiskUtilizationAsync(default)).Metrics.FsAvailBytes);
        await QueryForRealAsync(api, database);
        Assert.Equal(6543, Assert.Single(await api.GetPoolerAsync(default)).DbPort);
        await SignInWithALoginRoleAsync(api, database);
        Assert.Empty((await api.GetNetworkBansAsync(default)).BannedIpv4Addresses);
        Assert.Equal(["0.0.0.0/0"], (await api.GetNetworkRestrictionsAsync(default)).Config.DbAllowedCidrs);
        await DeployAFunctionAsync(api, project);
        await SetSecretsAsync(api, project);
        Assert.All(await api.ListApiKeysAsync(isRevealed: false, default), key => Assert.Null(key.ApiKey));
        Assert.Contains(await api.ListApiKeysAsync(isRevealed: true, default), key => key.ApiKey!.Reveal() == "service-key");
        await ChangeSettingsAsync(api);
        await RestoreAsync(api, project);

        string[] exercised = [.. server.Requests.Distinct().Order(StringComparer.Ordinal)];
        output.WriteLine($"Management API: {exercised.Length} of {ApiOperations.All.Count} operations of the client were asked for.");
        Assert.Equal(ApiOperations.All.Select(operation => operation.Id).Order(StringComparer.Ordinal), exercised);
    }

    [Theory]
    [InlineData("GET", "/v1/projects/short", null, null, "path 'ref'")]
    [InlineData("GET", "/v1/projects/{0}/health", null, null, "query 'services' is missing")]
    [InlineData("GET", "/v1/projects/{0}?reveal=true", null, null, "query 'reveal' is not expected")]
    [InlineData("GET", "/v1/projects/{0}/nothing", null, null, "no such operation")]
    [InlineData("POST", "/v1/projects/{0}/secrets", "application/json", """[{ "name": "SUPABASE_URL", "value": "x" }]""", "not of the form")]
    [InlineData("POST", "/v1/projects/{0}/secrets", "text/plain", "[]", "the body is 'text/plain'")]
    [InlineData("POST", "/v1/projects/{0}/secrets", null, null, "the body is missing")]
    [InlineData("PATCH", "/v1/projects/{0}/config/auth", "application/json", """{ "jwt_exp": 604801 }""", "too big")]
    [InlineData("POST", "/v1/projects/{0}/functions/deploy?slug=9a", "application/json", """{ "metadata": {} }""", "query 'slug'")]
    public async Task What_the_file_does_not_have_is_refused(string method, string path, string? type, string? body, string problem)
    {
        ManagementApiServer server = await ManagementApiServer.StartAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(server.Address, string.Format(System.Globalization.CultureInfo.InvariantCulture, path, ManagementApiServer.NewReference())));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, type!);
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(problem, Assert.Single(server.Violations), StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await server.DisposeAsync());
    }

    private static async Task QueryForRealAsync(ManagementApi api, TestDatabase database)
    {
        JsonElement rows = await api.QueryAsync("select current_database() as name", default);
        Assert.Equal(database.Application.Database, rows[0].GetProperty("name").GetString());
        var refused = await Assert.ThrowsAsync<SupabaseDeploy.Errors.DeployException>(() => api.QueryAsync("create table public.t (id int)", default));
        Assert.Contains("read-only", refused.Message, StringComparison.Ordinal);
    }

    private static async Task SignInWithALoginRoleAsync(ManagementApi api, TestDatabase database)
    {
        LoginRole role = await api.CreateLoginRoleAsync(isReadOnly: false, default);
        Assert.DoesNotContain(role.Password.Reveal(), role.ToString(), StringComparison.Ordinal);
        await using (await (database.Application with { User = role.Role, Password = role.Password }).OpenAsync(default))
        {
        }

        await api.DeleteLoginRolesAsync(default);
    }

    private static async Task DeployAFunctionAsync(ManagementApi api, ManagementApiProject project)
    {
        var metadata = new FunctionMetadata { EntrypointPath = "functions/hello/index.ts", Name = "hello", VerifyJwt = false };
        SourceFile[] files = [new("functions/hello/index.ts", "console.log('one')"u8.ToArray()), new("functions/_shared/ümlaut.ts", "\r\n--x\r\n\r\n"u8.ToArray())];
        CloudFunction bundle = await api.BundleFunctionAsync("hello", metadata, files, default);
        Assert.Empty(await api.ListFunctionsAsync(default));
        Assert.Equal("hello", Assert.Single(await api.ActivateFunctionsAsync([bundle], default)).Slug);
        FunctionSources sources = await api.GetFunctionSourcesAsync("hello", default);
        Assert.Equal(files.Select(file => (file.Path, Encoding.UTF8.GetString(file.Content))), sources.Files.Select(file => (file.Path, Encoding.UTF8.GetString(file.Content))));
        Assert.Equal("console.log('one')", project.Source("hello", "functions/hello/index.ts"));
        await api.DeleteFunctionAsync("hello", default);
        Assert.Empty(project.Slugs);
    }

    private static async Task SetSecretsAsync(ManagementApi api, ManagementApiProject project)
    {
        await api.SetSecretsAsync([new NewCloudSecret("ONE", new Secret("eins"))], default);
        Assert.Equal("eins", project.Secrets["ONE"]);
        Assert.Equal("ONE", Assert.Single(await api.ListSecretsAsync(default)).Name);
        await api.DeleteSecretsAsync(["ONE"], default);
        Assert.Empty(project.Secrets);
    }

    private static async Task ChangeSettingsAsync(ManagementApi api)
    {
        foreach ((CloudService service, string key, int value) in ((CloudService, string, int)[])[(CloudService.Auth, "jwt_exp", 1800), (CloudService.DataApi, "max_rows", 50), (CloudService.Postgres, "max_connections", 80)])
        {
            await api.UpdateSettingsAsync(service, new() { [key] = JsonSerializer.SerializeToElement(value) }, [], default);
            Assert.Equal(value, (await api.GetSettingsAsync(service, default))[key].GetInt32());
        }
    }

    private static async Task RestoreAsync(ManagementApi api, ManagementApiProject project)
    {
        Assert.Null(await api.FindRestorePointAsync("sd-1", default));
        Assert.Equal("AVAILABLE", (await api.CreateRestorePointAsync("sd-1", default)).Status);
        Assert.Equal("sd-1", (await api.FindRestorePointAsync(null, default))!.Name);
        Assert.Equal(7, Assert.Single((await api.ListBackupsAsync(default)).Backups).Id);
        await api.RestoreToPointAsync("sd-1", default);
        await api.RestoreToTimeAsync(DateTimeOffset.FromUnixTimeSeconds(1770000000), default);
        await api.RestoreBackupAsync(7, default);
        Assert.Equal(["point:sd-1", "time:1770000000", "backup:7"], project.Restores);
    }
}
