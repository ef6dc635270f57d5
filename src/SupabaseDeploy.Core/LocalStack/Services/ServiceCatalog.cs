namespace SupabaseDeploy.LocalStack;

/// <summary>Every service that the embedded engine knows, each after those it depends on.</summary>
internal static partial class ServiceCatalog
{
    /// <summary>The service that mails are for.</summary>
    public const string AuthName = "auth";

    private const string Loopback = "127.0.0.1";

    public static IReadOnlyList<ServiceDefinition> All { get; } = [Mail(), Rest(), Auth(), Storage(), Realtime(), Functions(), Meta(), Studio()];

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
        FurtherPorts = ["adminPort"],
        HealthPath = "/ready",
        HealthPort = "adminPort",
        Route = new ServiceRoute("/rest/v1")
        {
            // pg_graphql's one function, as in the CLI's kong.yml.
            Further = [new ServiceRoute("/graphql/v1") { RoutedAs = "/rpc/graphql", Headers = new Dictionary<string, string> { ["Content-Profile"] = "graphql_public" } }],
        },
        IsWanted = context => context.Configuration.Flag("api.enabled") != false,
    };

    /// <summary>
    /// GoTrue (<see href="https://github.com/supabase/auth#configuration"/>). It finds its migrations where its archive has them: beside the
    /// program. The open paths are those that a browser is sent to, as in the platform's own gateway.
    /// </summary>
    private static ServiceDefinition Auth() => new()
    {
        Name = AuthName,
        Programs = ["gotrue"],
        Package = RuntimeCatalog.Auth,
        Environment = new Dictionary<string, string>
        {
            ["GOTRUE_API_HOST"] = Loopback,
            ["GOTRUE_API_PORT"] = "{port}",
            ["API_EXTERNAL_URL"] = "{gatewayUrl}/auth/v1",
            ["GOTRUE_SITE_URL"] = "{authSiteUrl}",
            ["GOTRUE_URI_ALLOW_LIST"] = "{authRedirectUrls}",
            ["GOTRUE_DB_DRIVER"] = "postgres",
            ["GOTRUE_DB_DATABASE_URL"] = "postgresql://supabase_auth_admin:{servicePassword}@{databaseHost}:{databasePort}/{databaseName}",
            ["GOTRUE_DB_MIGRATIONS_PATH"] = "{programFolder}/migrations",
            ["GOTRUE_JWT_SECRET"] = "{jwtSecret}",
            ["GOTRUE_JWT_EXP"] = "{authJwtExpiry}",
            ["GOTRUE_JWT_AUD"] = "authenticated",
            ["GOTRUE_JWT_ADMIN_ROLES"] = "service_role",
            ["GOTRUE_JWT_DEFAULT_GROUP_NAME"] = "authenticated",
            ["GOTRUE_DISABLE_SIGNUP"] = "{authDisableSignup}",
            ["GOTRUE_EXTERNAL_EMAIL_ENABLED"] = "{authEmail}",
            ["GOTRUE_EXTERNAL_PHONE_ENABLED"] = "{authPhone}",
            ["GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED"] = "{authAnonymous}",
            ["GOTRUE_MAILER_AUTOCONFIRM"] = "{authEmailAutoConfirm}",
            ["GOTRUE_SMS_AUTOCONFIRM"] = "{authPhoneAutoConfirm}",
            ["GOTRUE_MAILER_URLPATHS_INVITE"] = "{gatewayUrl}/auth/v1/verify",
            ["GOTRUE_MAILER_URLPATHS_CONFIRMATION"] = "{gatewayUrl}/auth/v1/verify",
            ["GOTRUE_MAILER_URLPATHS_RECOVERY"] = "{gatewayUrl}/auth/v1/verify",
            ["GOTRUE_MAILER_URLPATHS_EMAIL_CHANGE"] = "{gatewayUrl}/auth/v1/verify",
            ["GOTRUE_PASSWORD_MIN_LENGTH"] = "{authPasswordLength}",
            ["GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED"] = "{authTokenRotation}",
            ["GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL"] = "{authTokenReuse}",
            ["GOTRUE_SECURITY_MANUAL_LINKING_ENABLED"] = "{authManualLinking}",
        },
        EnvironmentWith = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["mail"] = new Dictionary<string, string>
            {
                ["GOTRUE_SMTP_HOST"] = Loopback,
                ["GOTRUE_SMTP_PORT"] = "{mail.smtpPort}",
                ["GOTRUE_SMTP_ADMIN_EMAIL"] = "{mailSender}",
                ["GOTRUE_SMTP_SENDER_NAME"] = "{mailSenderName}",
                ["GOTRUE_SMTP_MAX_FREQUENCY"] = "{mailFrequency}",
            },
        },
        EnvironmentOf = context => AuthSettings.Of(context.Configuration, $"http://127.0.0.1:{context.GatewayPort}/auth/v1", context.Machine)
            .Concat(MailTemplates.Variables(context.Configuration, context.Environment.Project, context.GatewayUrl))
            .ToDictionary(),
        HealthPath = "/health",
        Route = new ServiceRoute("/auth/v1") { OpenPaths = ["/verify", "/callback", "/authorize", "/sso/saml", "/.well-known"] },
        IsWanted = context => context.Configuration.Flag("auth.enabled") != false,
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
            ["FUNCTIONS_PUBLISHED"] = "{publishedFunctions}",
            ["FUNCTIONS_SECRETS"] = "{functionSecrets}",
            ["FUNCTIONS_JWT_SECRET"] = "{jwtSecret}",
            ["SUPABASE_URL"] = "{gatewayUrl}",
            ["SUPABASE_ANON_KEY"] = "{anonKey}",
            ["SUPABASE_SERVICE_ROLE_KEY"] = "{serviceRoleKey}",
            ["SUPABASE_PUBLISHABLE_KEYS"] = """{{"default":"{publishableKey}"}}""",
            ["SUPABASE_SECRET_KEYS"] = """{{"default":"{secretKey}"}}""",
            ["SUPABASE_DB_URL"] = "postgresql://{databaseUser}:{databasePassword}@{databaseHost}:{databasePort}/{databaseName}",
            ["DENO_NO_UPDATE_CHECK"] = "1",
            // Deno trusts a list of its own only, and could load no npm: or https: import where a company's proxy signs.
            ["DENO_TLS_CA_STORE"] = "mozilla,system",
            ["NO_COLOR"] = "1",
        },
        // Deno loads npm: and https: imports itself, when a function begins: the way out is the machine's.
        EnvironmentOf = context => ProxyVariables.Of(context.Surroundings),
        HealthPath = "/_internal/health",
        Route = new ServiceRoute("/functions/v1") { Access = ServiceAccess.Open },
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
        Route = new ServiceRoute("/pg") { Access = ServiceAccess.SecretKey },
        IsOptional = true,
    };
}
