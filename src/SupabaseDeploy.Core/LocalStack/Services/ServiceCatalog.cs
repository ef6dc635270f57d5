namespace SupabaseDeploy.LocalStack;

/// <summary>Every service that the embedded engine knows, each after those it depends on.</summary>
internal static class ServiceCatalog
{
    private const string Loopback = "127.0.0.1";

    public static IReadOnlyList<ServiceDefinition> All { get; } = [Rest(), Functions(), Meta()];

    /// <summary>PostgREST (<see href="https://docs.postgrest.org/en/stable/references/configuration.html"/>).</summary>
    private static ServiceDefinition Rest() => new()
    {
        Name = "rest",
        Programs = ["postgrest"],
        Package = RuntimeCatalog.Rest,
        Environment = new Dictionary<string, string>
        {
            ["PGRST_DB_URI"] = "postgresql://authenticator:{servicePassword}@{databaseHost}:{databasePort}/{databaseName}",
            ["PGRST_DB_SCHEMAS"] = "{apiSchemas}",
            ["PGRST_DB_EXTRA_SEARCH_PATH"] = "{apiSearchPath}",
            ["PGRST_DB_MAX_ROWS"] = "{apiMaxRows}",
            ["PGRST_DB_ANON_ROLE"] = "anon",
            ["PGRST_JWT_SECRET"] = "{jwtSecret}",
            ["PGRST_APP_SETTINGS_JWT_SECRET"] = "{jwtSecret}",
            ["PGRST_SERVER_HOST"] = Loopback,
            ["PGRST_SERVER_PORT"] = "{port}",
            ["PGRST_ADMIN_SERVER_PORT"] = "{adminPort}",
        },
        HealthPath = "/ready",
        IsHealthOnAdminPort = true,
        Route = "/rest/v1",
    };

    /// <summary>
    /// Edge functions (<see href="https://supabase.com/docs/guides/functions"/>): a program of ours that Deno runs. Each function checks
    /// tokens or does not, so the gateway lets everybody through.
    /// </summary>
    private static ServiceDefinition Functions() => new()
    {
        Name = "functions",
        Programs = ["deno"],
        Package = RuntimeCatalog.Deno,
        Arguments =
        [
            "run", "--quiet", "--no-config", "--no-lock", "--no-prompt", "--allow-net", "--allow-env", "--allow-read", "--allow-run",
            "{gateway}/functions/main.js",
        ],
        Environment = new Dictionary<string, string>
        {
            ["FUNCTIONS_PORT"] = "{port}",
            ["FUNCTIONS_FOLDER"] = "{functions}",
            ["FUNCTIONS_SETTINGS"] = "{functionSettings}",
            ["FUNCTIONS_JWT_SECRET"] = "{jwtSecret}",
            ["SUPABASE_URL"] = "{gatewayUrl}",
            ["SUPABASE_ANON_KEY"] = "{anonKey}",
            ["SUPABASE_SERVICE_ROLE_KEY"] = "{serviceRoleKey}",
            ["SUPABASE_DB_URL"] = "postgresql://{databaseUser}:{databasePassword}@{databaseHost}:{databasePort}/{databaseName}",
            ["DENO_NO_UPDATE_CHECK"] = "1",
            ["NO_COLOR"] = "1",
        },
        HealthPath = "/_internal/health",
        Route = "/functions/v1",
        Access = ServiceAccess.Open,
        IsWanted = FunctionSettings.AreWanted,
    };

    /// <summary>postgres-meta (<see href="https://github.com/supabase/postgres-meta#readme"/>).</summary>
    private static ServiceDefinition Meta() => new()
    {
        Name = "meta",
        Programs = ["node"],
        Package = RuntimeCatalog.Meta,
        NeedsPackageFiles = true,
        Arguments = [$"{{package}}/{RuntimeCatalog.Meta.Entry}"],
        Environment = new Dictionary<string, string>
        {
            ["PG_META_HOST"] = Loopback,
            ["PG_META_PORT"] = "{port}",
            ["PG_META_DB_HOST"] = "{databaseHost}",
            ["PG_META_DB_PORT"] = "{databasePort}",
            ["PG_META_DB_NAME"] = "{databaseName}",
            ["PG_META_DB_USER"] = "{databaseUser}",
            ["PG_META_DB_PASSWORD"] = "{databasePassword}",
            ["PG_META_DB_SSL_MODE"] = "disable",
        },
        HealthPath = "/health",
        Route = "/pg",
        Access = ServiceAccess.SecretKey,
        IsOptional = true,
    };
}
