namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The services that a stack does without. Of storage, realtime and studio nobody publishes programs that run outside of containers:
/// who has built one gives it the name that is looked for.
/// </summary>
internal static partial class ServiceCatalog
{
    /// <summary>Mailpit, which keeps and shows the mails that Auth sends (<see href="https://mailpit.axllent.org/docs/configuration/runtime-options/"/>).</summary>
    private static ServiceDefinition Mail() => new()
    {
        Name = "mail",
        Programs = ["mailpit"],
        Package = RuntimeCatalog.Mail,
        Environment = new Dictionary<string, string>
        {
            ["MP_UI_BIND_ADDR"] = $"{Loopback}:{{port}}",
            ["MP_SMTP_BIND_ADDR"] = $"{Loopback}:{{smtpPort}}",
            ["MP_SMTP_AUTH_ACCEPT_ANY"] = "true",
            ["MP_SMTP_AUTH_ALLOW_INSECURE"] = "true",
            ["MP_DATABASE"] = "{state}/mail.db",
            ["MP_DISABLE_VERSION_CHECK"] = "true",
        },
        FurtherPorts = ["smtpPort"],
        PortKeys = new Dictionary<string, string> { [ServiceDefinition.MainPort] = "inbucket.port", ["smtpPort"] = "inbucket.smtp_port" },
        HealthPath = "/readyz",
        IsOptional = true,
        IsWanted = context => context.Configuration.Flag("inbucket.enabled") != false,
    };

    /// <summary>Storage (<see href="https://github.com/supabase/storage/blob/master/.env.sample"/>). It checks tokens itself: public files need none.</summary>
    private static ServiceDefinition Storage() => new()
    {
        Name = "storage",
        Programs = ["supabase-storage"],
        Environment = new Dictionary<string, string>
        {
            ["SERVER_HOST"] = Loopback,
            ["SERVER_PORT"] = "{port}",
            ["SERVER_ADMIN_PORT"] = "{adminPort}",
            ["AUTH_JWT_SECRET"] = "{jwtSecret}",
            ["ANON_KEY"] = "{anonKey}",
            ["SERVICE_KEY"] = "{serviceRoleKey}",
            ["DATABASE_URL"] = "postgresql://supabase_storage_admin:{servicePassword}@{databaseHost}:{databasePort}/{databaseName}",
            ["DB_INSTALL_ROLES"] = "false",
            ["STORAGE_BACKEND"] = "file",
            ["STORAGE_FILE_BACKEND_PATH"] = "{state}/storage",
            ["FILE_STORAGE_BACKEND_PATH"] = "{state}/storage",
            ["STORAGE_PUBLIC_URL"] = "{gatewayUrl}",
            ["REQUEST_ALLOW_X_FORWARDED_PATH"] = "true",
            ["FILE_SIZE_LIMIT"] = "{storageFileSizeLimit}",
            ["TENANT_ID"] = "stub",
            ["REGION"] = "local",
            ["GLOBAL_S3_BUCKET"] = "stub",
            ["ENABLE_IMAGE_TRANSFORMATION"] = "false",
            ["S3_PROTOCOL_ACCESS_KEY_ID"] = "supabase-deploy",
            ["S3_PROTOCOL_ACCESS_KEY_SECRET"] = "{derivedSecret}",
        },
        EnvironmentWith = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["rest"] = new Dictionary<string, string> { ["POSTGREST_URL"] = $"http://{Loopback}:{{rest.port}}" },
        },
        FurtherPorts = ["adminPort"],
        HealthPath = "/status",
        Route = new ServiceRoute("/storage/v1") { Access = ServiceAccess.Open },
        DependsOn = ["rest"],
        IsOptional = true,
        IsWanted = context => context.Configuration.Flag("storage.enabled") != false,
    };

    /// <summary>
    /// Realtime (<see href="https://github.com/supabase/realtime#server"/>). It tells its tenants apart by the first part of the host; a stack
    /// of one's own has the tenant <c>realtime-dev</c>.
    /// </summary>
    private static ServiceDefinition Realtime() => new()
    {
        Name = "realtime",
        Programs = ["supabase-realtime"],
        Arguments = ["start"],
        Environment = new Dictionary<string, string>
        {
            ["PORT"] = "{port}",
            ["DB_HOST"] = "{databaseHost}",
            ["DB_PORT"] = "{databasePort}",
            ["DB_NAME"] = "{databaseName}",
            ["DB_USER"] = "{administrator}",
            ["DB_PASSWORD"] = "{administratorPassword}",
            ["DB_AFTER_CONNECT_QUERY"] = "SET search_path TO _realtime",
            ["DB_ENC_KEY"] = "supabaserealtime",
            ["API_JWT_SECRET"] = "{jwtSecret}",
            ["METRICS_JWT_SECRET"] = "{jwtSecret}",
            ["SECRET_KEY_BASE"] = "{derivedSecret}",
            ["ERL_AFLAGS"] = "-proto_dist inet_tcp",
            ["DNS_NODES"] = "''",
            ["RLIMIT_NOFILE"] = "10000",
            ["APP_NAME"] = "realtime",
            ["SEED_SELF_HOST"] = "true",
            ["RUN_JANITOR"] = "true",
        },
        HealthPath = "/api/tenants/realtime-dev/health",
        HealthToken = "{anonKey}",
        Route = new ServiceRoute("/realtime/v1") { RoutedAs = "/socket", OwnPaths = ["/api"], Host = "realtime-dev.localhost" },
        IsOptional = true,
        IsWanted = context => context.Configuration.Flag("realtime.enabled") != false,
    };

    /// <summary>Studio, a page of its own beside the gateway (<see href="https://github.com/supabase/supabase/blob/master/docker/docker-compose.yml"/>).</summary>
    private static ServiceDefinition Studio() => new()
    {
        Name = "studio",
        Programs = ["supabase-studio"],
        Environment = new Dictionary<string, string>
        {
            ["HOSTNAME"] = Loopback,
            ["PORT"] = "{port}",
            ["POSTGRES_HOST"] = "{databaseHost}",
            ["POSTGRES_PORT"] = "{databasePort}",
            ["POSTGRES_DB"] = "{databaseName}",
            ["POSTGRES_PASSWORD"] = "{databasePassword}",
            ["PG_META_CRYPTO_KEY"] = "{derivedSecret}",
            ["DEFAULT_ORGANIZATION_NAME"] = "local",
            ["DEFAULT_PROJECT_NAME"] = "{application}",
            ["SUPABASE_URL"] = "{gatewayUrl}",
            ["SUPABASE_PUBLIC_URL"] = "{gatewayUrl}",
            ["SUPABASE_ANON_KEY"] = "{anonKey}",
            ["SUPABASE_SERVICE_KEY"] = "{serviceRoleKey}",
            ["AUTH_JWT_SECRET"] = "{jwtSecret}",
            ["NEXT_PUBLIC_ENABLE_LOGS"] = "false",
        },
        EnvironmentWith = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["meta"] = new Dictionary<string, string> { ["STUDIO_PG_META_URL"] = $"http://{Loopback}:{{meta.port}}" },
        },
        PortKeys = new Dictionary<string, string> { [ServiceDefinition.MainPort] = "studio.port" },
        HealthPath = "/api/platform/profile",
        DependsOn = ["meta"],
        IsOptional = true,
        IsWanted = context => context.Configuration.Flag("studio.enabled") != false,
    };
}
