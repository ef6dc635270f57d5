namespace SupabaseDeploy.LocalStack;

/// <summary>Every service that the embedded engine knows, each after those it depends on.</summary>
internal static class ServiceCatalog
{
    private const string Loopback = "127.0.0.1";

    public static IReadOnlyList<ServiceDefinition> All { get; } = [Rest(), Meta()];

    /// <summary>PostgREST (<see href="https://docs.postgrest.org/en/stable/references/configuration.html"/>).</summary>
    private static ServiceDefinition Rest() => new()
    {
        Name = "rest",
        Programs = ["postgrest"],
        Package = new ReleaseAssetRuntime("rest", "14.17", "PostgREST/postgrest", "postgrest-v{version}-{platform}.tar.xz", "postgrest-v{version}-{platform}.tar.xz.sha256", "postgrest"),
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

    /// <summary>postgres-meta (<see href="https://github.com/supabase/postgres-meta#readme"/>).</summary>
    private static ServiceDefinition Meta() => new()
    {
        Name = "meta",
        Programs = ["node"],
        Package = new NpmRuntime("meta", "0.99.0", "@supabase/postgres-meta", Program: null),
        NeedsPackageFiles = true,
        Arguments = ["{package}/dist/server/server.js"],
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
