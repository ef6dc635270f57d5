using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>
/// The Management API of one project (<see href="https://supabase.com/docs/reference/api/introduction"/>), as far as deployments need it.
/// Every call throws a <see cref="DeployException"/> when it is not answered with success.
/// </summary>
internal sealed class ManagementApi(ApiConnection connection, string project)
{
    /// <summary>The services that <see cref="GetHealthAsync"/> asks about.</summary>
    public static readonly IReadOnlyList<string> Services = ["auth", "db", "pooler", "realtime", "rest", "storage"];

    public Task<CloudProject> GetProjectAsync(CancellationToken cancellationToken) =>
        connection.SendAsync(Call(ApiOperations.GetProject), ApiJson.Default.CloudProject, cancellationToken);

    public async Task<IReadOnlyList<ServiceHealth>> GetHealthAsync(CancellationToken cancellationToken) =>
        await connection.SendAsync(
            Call(ApiOperations.GetHealth, query: string.Join('&', Services.Select(service => $"services={service}"))),
            ApiJson.Default.ListServiceHealth,
            cancellationToken).ConfigureAwait(false);

    public Task<ReadOnlyStatus> GetReadOnlyAsync(CancellationToken cancellationToken) =>
        connection.SendAsync(Call(ApiOperations.GetReadOnly), ApiJson.Default.ReadOnlyStatus, cancellationToken);

    public Task<DiskUtilization> GetDiskUtilizationAsync(CancellationToken cancellationToken) =>
        connection.SendAsync(Call(ApiOperations.GetDiskUtilization), ApiJson.Default.DiskUtilization, cancellationToken);

    /// <summary>Runs one read-only query in the project's database and gives its rows.</summary>
    public Task<JsonElement> QueryAsync(string sql, CancellationToken cancellationToken) => connection.SendAsync(
        Call(ApiOperations.Query, Json(new QueryRequest(sql, ReadOnly: true), ApiJson.Default.QueryRequest)), ApiJson.Default.JsonElement, cancellationToken);

    public async Task<IReadOnlyList<PoolerSettings>> GetPoolerAsync(CancellationToken cancellationToken) =>
        await connection.SendAsync(Call(ApiOperations.GetPooler), ApiJson.Default.ListPoolerSettings, cancellationToken).ConfigureAwait(false);

    /// <summary>Makes a role that may sign in for a short time.</summary>
    public Task<LoginRole> CreateLoginRoleAsync(bool isReadOnly, CancellationToken cancellationToken) => connection.SendAsync(
        Call(ApiOperations.CreateLoginRole, Json(new LoginRoleRequest(isReadOnly), ApiJson.Default.LoginRoleRequest)), ApiJson.Default.LoginRole, cancellationToken);

    public Task DeleteLoginRolesAsync(CancellationToken cancellationToken) => connection.SendAsync(Call(ApiOperations.DeleteLoginRoles), cancellationToken);

    public Task<NetworkBans> GetNetworkBansAsync(CancellationToken cancellationToken) =>
        connection.SendAsync(Call(ApiOperations.GetNetworkBans), ApiJson.Default.NetworkBans, cancellationToken);

    public Task<NetworkRestrictions> GetNetworkRestrictionsAsync(CancellationToken cancellationToken) =>
        connection.SendAsync(Call(ApiOperations.GetNetworkRestrictions), ApiJson.Default.NetworkRestrictions, cancellationToken);

    public async Task<IReadOnlyList<CloudFunction>> ListFunctionsAsync(CancellationToken cancellationToken) =>
        await connection.SendAsync(Call(ApiOperations.ListFunctions), ApiJson.Default.ListCloudFunction, cancellationToken).ConfigureAwait(false);

    /// <summary>The sources of a function that is at work.</summary>
    public async Task<FunctionSources> GetFunctionSourcesAsync(string slug, CancellationToken cancellationToken) =>
        FunctionSources.Parse(slug, await connection.SendAsync(
            Call(ApiOperations.GetFunctionBody, slug: slug, accept: FunctionSources.MediaType), cancellationToken).ConfigureAwait(false));

    /// <summary>Has the platform bundle a function and activates nothing: what answers stays what it is until <see cref="ActivateFunctionsAsync"/>.</summary>
    public Task<CloudFunction> BundleFunctionAsync(string slug, FunctionMetadata metadata, IReadOnlyList<SourceFile> files, CancellationToken cancellationToken) =>
        connection.SendAsync(
            Call(ApiOperations.BundleFunction, () => FunctionForm(metadata, files), query: $"slug={Uri.EscapeDataString(slug)}&bundleOnly=true"),
            ApiJson.Default.CloudFunction,
            cancellationToken);

    /// <summary>Lets all these bundles answer, in one call.</summary>
    public async Task<IReadOnlyList<CloudFunction>> ActivateFunctionsAsync(IReadOnlyList<CloudFunction> functions, CancellationToken cancellationToken) =>
        (await connection.SendAsync(
            Call(ApiOperations.ActivateFunctions, Json(functions, ApiJson.Default.IReadOnlyListCloudFunction)), ApiJson.Default.ActivatedFunctions, cancellationToken).ConfigureAwait(false)).Functions;

    public Task DeleteFunctionAsync(string slug, CancellationToken cancellationToken) =>
        connection.SendAsync(Call(ApiOperations.DeleteFunction, slug: slug), cancellationToken);

    public async Task<IReadOnlyList<CloudSecret>> ListSecretsAsync(CancellationToken cancellationToken) =>
        await connection.SendAsync(Call(ApiOperations.ListSecrets), ApiJson.Default.ListCloudSecret, cancellationToken).ConfigureAwait(false);

    public Task SetSecretsAsync(IReadOnlyList<NewCloudSecret> secrets, CancellationToken cancellationToken) =>
        connection.SendAsync(
            Call(ApiOperations.SetSecrets, Json(secrets, ApiJson.Default.IReadOnlyListNewCloudSecret)) with { Secrets = [.. secrets.Select(secret => secret.Value)] }, cancellationToken);

    public Task DeleteSecretsAsync(IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        connection.SendAsync(Call(ApiOperations.DeleteSecrets, Json(names, ApiJson.Default.IReadOnlyListString)), cancellationToken);

    /// <summary>The project's API keys.</summary>
    /// <param name="isRevealed">True for the keys themselves, not only their names and kinds.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<CloudApiKey>> ListApiKeysAsync(bool isRevealed, CancellationToken cancellationToken) =>
        await connection.SendAsync(
            Call(ApiOperations.ListApiKeys, query: isRevealed ? "reveal=true" : null), ApiJson.Default.ListCloudApiKey, cancellationToken).ConfigureAwait(false);

    /// <summary>All settings of one service, by the API's own names.</summary>
    public Task<Dictionary<string, JsonElement>> GetSettingsAsync(CloudService service, CancellationToken cancellationToken) =>
        connection.SendAsync(Call(service.Get), ApiJson.Default.DictionaryStringJsonElement, cancellationToken);

    /// <summary>Changes the named settings of one service; the others stay.</summary>
    /// <param name="service">The service.</param>
    /// <param name="settings">Values by key.</param>
    /// <param name="secrets">Those of the values that must not be shown.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task UpdateSettingsAsync(CloudService service, Dictionary<string, JsonElement> settings, IReadOnlyList<Secret> secrets, CancellationToken cancellationToken) =>
        connection.SendAsync(Call(service.Update, Json(settings, ApiJson.Default.DictionaryStringJsonElement)) with { Secrets = secrets }, cancellationToken);

    public Task<CloudBackups> ListBackupsAsync(CancellationToken cancellationToken) =>
        connection.SendAsync(Call(ApiOperations.ListBackups), ApiJson.Default.CloudBackups, cancellationToken);

    /// <summary>The restore point of that name, or the latest; null when there is none.</summary>
    public async Task<CloudRestorePoint?> FindRestorePointAsync(string? name, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.SendAsync(
                Call(ApiOperations.GetRestorePoint, query: name is null ? null : $"name={Uri.EscapeDataString(name)}"), ApiJson.Default.CloudRestorePoint, cancellationToken).ConfigureAwait(false);
        }
        catch (DeployException e) when (e.Code == ErrorTable.ApiNotFound)
        {
            return null;
        }
    }

    public Task<CloudRestorePoint> CreateRestorePointAsync(string name, CancellationToken cancellationToken) => connection.SendAsync(
        Call(ApiOperations.CreateRestorePoint, Json(new NameOnly(name), ApiJson.Default.NameOnly)), ApiJson.Default.CloudRestorePoint, cancellationToken);

    /// <summary>Begins to bring the database back to a restore point.</summary>
    public Task RestoreToPointAsync(string name, CancellationToken cancellationToken) =>
        connection.SendAsync(Call(ApiOperations.RestoreToPoint, Json(new NameOnly(name), ApiJson.Default.NameOnly)), cancellationToken);

    /// <summary>Begins to bring the database back to a moment, for projects with point-in-time recovery.</summary>
    public Task RestoreToTimeAsync(DateTimeOffset moment, CancellationToken cancellationToken) => connection.SendAsync(
        Call(ApiOperations.RestoreToTime, Json(new RecoveryTime(moment.ToUnixTimeSeconds()), ApiJson.Default.RecoveryTime)), cancellationToken);

    /// <summary>Begins to bring the database back to one of the platform's daily backups.</summary>
    public Task RestoreBackupAsync(long id, CancellationToken cancellationToken) =>
        connection.SendAsync(Call(ApiOperations.RestoreBackup, Json(new BackupId(id), ApiJson.Default.BackupId)), cancellationToken);

    private static Func<HttpContent> Json<T>(T value, JsonTypeInfo<T> type) => () =>
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    };

    private static MultipartFormDataContent FunctionForm(FunctionMetadata metadata, IReadOnlyList<SourceFile> files)
    {
        var form = new MultipartFormDataContent
        {
            { new StringContent(JsonSerializer.Serialize(metadata, ApiJson.Default.FunctionMetadata), Encoding.UTF8, "application/json"), "metadata" },
        };
        foreach (SourceFile file in files)
        {
            form.Add(new ByteArrayContent(file.Content) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } }, "file", file.Path);
        }

        return form;
    }

    private ApiCall Call(ApiOperation operation, Func<HttpContent>? content = null, string? slug = null, string? query = null, string accept = "application/json")
    {
        string path = operation.Path
            .Replace("{ref}", Uri.EscapeDataString(project), StringComparison.Ordinal)
            .Replace("{function_slug}", Uri.EscapeDataString(slug ?? ""), StringComparison.Ordinal)
            .TrimStart('/');
        return new ApiCall(operation, query is null ? path : string.Create(CultureInfo.InvariantCulture, $"{path}?{query}"), content, accept);
    }
}

/// <summary>A service whose settings can be read and changed one by one.</summary>
/// <param name="Name">Its name before the dot in a setting's key: <c>auth</c>.</param>
/// <param name="Get">How its settings are read.</param>
/// <param name="Update">How they are changed.</param>
internal sealed record CloudService(string Name, ApiOperation Get, ApiOperation Update)
{
    public static readonly CloudService Auth = new("auth", ApiOperations.GetAuth, ApiOperations.UpdateAuth);
    public static readonly CloudService DataApi = new("api", ApiOperations.GetDataApi, ApiOperations.UpdateDataApi);
    public static readonly CloudService Postgres = new("database", ApiOperations.GetPostgres, ApiOperations.UpdatePostgres);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<CloudService> All { get; } = [Auth, DataApi, Postgres];
}
