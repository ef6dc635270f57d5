namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>One operation of the Management API that this client can ask for, as its OpenAPI file names it.</summary>
/// <param name="Id">Its <c>operationId</c>.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Its path template: <c>/v1/projects/{ref}/secrets</c>.</param>
/// <param name="IsRepeatable">True when asking twice is as good as asking once, so that a lost answer may be asked for again.</param>
/// <param name="Permission">The permission that a token needs for it.</param>
internal sealed record ApiOperation(string Id, HttpMethod Method, string Path, bool IsRepeatable, string Permission)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Path}";
}

/// <summary>Every operation this client can ask for. A test compares the table with the OpenAPI file, and asks for each.</summary>
internal static class ApiOperations
{
    private const string Project = "/v1/projects/{ref}";
    private const string Backups = Project + "/database/backups";
    private const string Functions = Project + "/functions";

    public static readonly ApiOperation GetProject = Read("v1-get-project", Project, "project_admin_read");
    public static readonly ApiOperation GetHealth = Read("v1-get-services-health", Project + "/health", "project_admin_read");
    public static readonly ApiOperation GetReadOnly = Read("v1-get-readonly-mode-status", Project + "/readonly", "database_readonly_config_read");
    public static readonly ApiOperation GetDiskUtilization = Read("v1-get-disk-utilization", Project + "/config/disk/util", "infra_disk_config_read");
    public static readonly ApiOperation Query = new("v1-run-a-query", HttpMethod.Post, Project + "/database/query", false, "database_write");
    public static readonly ApiOperation GetPooler = Read("v1-get-pooler-config", Project + "/config/database/pooler", "database_pooling_config_read");
    public static readonly ApiOperation CreateLoginRole = new("v1-create-login-role", HttpMethod.Post, Project + "/cli/login-role", false, "database_write");
    public static readonly ApiOperation DeleteLoginRoles = new("v1-delete-login-roles", HttpMethod.Delete, Project + "/cli/login-role", true, "database_write");
    public static readonly ApiOperation GetNetworkBans = new("v1-list-all-network-bans", HttpMethod.Post, Project + "/network-bans/retrieve", true, "database_network_bans_read");
    public static readonly ApiOperation GetNetworkRestrictions = Read("v1-get-network-restrictions", Project + "/network-restrictions", "database_network_restrictions_read");
    public static readonly ApiOperation ListFunctions = Read("v1-list-all-functions", Functions, "edge_functions_read");
    public static readonly ApiOperation GetFunctionBody = Read("v1-get-a-function-body", Functions + "/{function_slug}/body", "edge_functions_read");

    // Bundling alone changes nothing that answers, and the same bundle twice is the same bundle.
    public static readonly ApiOperation BundleFunction = new("v1-deploy-a-function", HttpMethod.Post, Functions + "/deploy", true, "edge_functions_write");
    public static readonly ApiOperation ActivateFunctions = new("v1-bulk-update-functions", HttpMethod.Put, Functions, true, "edge_functions_write");
    public static readonly ApiOperation DeleteFunction = new("v1-delete-a-function", HttpMethod.Delete, Functions + "/{function_slug}", true, "edge_functions_write");
    public static readonly ApiOperation ListSecrets = Read("v1-list-all-secrets", Project + "/secrets", "edge_functions_secrets_read");

    // It overwrites by name.
    public static readonly ApiOperation SetSecrets = new("v1-bulk-create-secrets", HttpMethod.Post, Project + "/secrets", true, "edge_functions_secrets_write");
    public static readonly ApiOperation DeleteSecrets = new("v1-bulk-delete-secrets", HttpMethod.Delete, Project + "/secrets", true, "edge_functions_secrets_write");
    public static readonly ApiOperation ListApiKeys = Read("v1-get-project-api-keys", Project + "/api-keys", "api_gateway_keys_read");
    public static readonly ApiOperation GetAuth = Read("v1-get-auth-service-config", Project + "/config/auth", "auth_config_read");
    public static readonly ApiOperation UpdateAuth = new("v1-update-auth-service-config", HttpMethod.Patch, Project + "/config/auth", true, "auth_config_write");
    public static readonly ApiOperation GetDataApi = Read("v1-get-postgrest-service-config", Project + "/postgrest", "data_api_config_read");
    public static readonly ApiOperation UpdateDataApi = new("v1-update-postgrest-service-config", HttpMethod.Patch, Project + "/postgrest", true, "data_api_config_write");
    public static readonly ApiOperation GetPostgres = Read("v1-get-postgres-config", Project + "/config/database/postgres", "database_config_read");
    public static readonly ApiOperation UpdatePostgres = new("v1-update-postgres-config", HttpMethod.Put, Project + "/config/database/postgres", true, "database_config_write");
    public static readonly ApiOperation ListBackups = Read("v1-list-all-backups", Backups, "backups_read");
    public static readonly ApiOperation GetRestorePoint = Read("v1-get-restore-point", Backups + "/restore-point", "backups_read");
    public static readonly ApiOperation CreateRestorePoint = new("v1-create-restore-point", HttpMethod.Post, Backups + "/restore-point", false, "backups_write");
    public static readonly ApiOperation RestoreToPoint = new("v1-undo", HttpMethod.Post, Backups + "/undo", false, "backups_write");
    public static readonly ApiOperation RestoreToTime = new("v1-restore-pitr-backup", HttpMethod.Post, Backups + "/restore-pitr", false, "backups_write");
    public static readonly ApiOperation RestoreBackup = new("v1-restore-physical-backup", HttpMethod.Post, Backups + "/restore", false, "backups_write");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        GetProject, GetHealth, GetReadOnly, GetDiskUtilization, Query, GetPooler, CreateLoginRole, DeleteLoginRoles, GetNetworkBans,
        GetNetworkRestrictions, ListFunctions, GetFunctionBody, BundleFunction, ActivateFunctions, DeleteFunction, ListSecrets, SetSecrets,
        DeleteSecrets, ListApiKeys, GetAuth, UpdateAuth, GetDataApi, UpdateDataApi, GetPostgres, UpdatePostgres, ListBackups, GetRestorePoint,
        CreateRestorePoint, RestoreToPoint, RestoreToTime, RestoreBackup,
    ];

    private static ApiOperation Read(string id, string path, string permission) => new(id, HttpMethod.Get, path, true, permission);
}
