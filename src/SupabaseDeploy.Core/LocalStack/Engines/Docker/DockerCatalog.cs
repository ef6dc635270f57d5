namespace SupabaseDeploy.LocalStack;

/// <summary>
/// Supabase's services as images, with the tags and variables of its compose file for self-hosting
/// (<see href="https://github.com/supabase/supabase/blob/master/docker/docker-compose.yml"/>), each after those it depends on. Mailpit, Studio and
/// PostgreSQL 15 are those of the CLI
/// (<see href="https://github.com/supabase/cli/blob/develop/apps/cli-go/pkg/config/templates/Dockerfile"/>, <c>constants.go</c> beside it). What the
/// embedded engine knows of a service, its settings from <c>config.toml</c> among it, is taken from there.
/// </summary>
internal static class DockerCatalog
{
    /// <summary>The host name that containers reach the gateway by.</summary>
    public const string GatewayHost = "api-gw";

    /// <summary>The name of the database in reports.</summary>
    public const string Database = DatabaseService.ServiceName;

    /// <summary>The host name that containers reach the database by.</summary>
    public const string DatabaseHost = "db";

    /// <summary>The database's port in the container.</summary>
    public const int DatabasePort = 5432;

    /// <summary>The volume of the database's data; a reset makes another one.</summary>
    public const string DataVolume = "db-data";

    /// <summary>The volume with the key that the vault's secrets are encrypted with; a new database goes on using it.</summary>
    public const string KeyVolume = "db-config";

    /// <summary>Where the database has <see cref="DataVolume"/>.</summary>
    public const string DataFolder = "/var/lib/postgresql/data";

    private const string StorageVolume = "storage-data";
    private const string StorageFolder = "/var/lib/storage";

    /// <summary>Every name, in the order services are started.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [Database, "mail", "auth", "rest", "meta", "imgproxy", "storage", "realtime", "functions", "studio"];

    /// <summary>Services with a lower number are stopped before those with a higher one; the database is the last.</summary>
    public static int StopOrder(string service) => service switch
    {
        Database => 2,
        "storage" or "functions" or "studio" => 0,
        _ => 1,
    };

    /// <summary>The services that a project wants.</summary>
    public static IReadOnlyList<DockerService> For(ServiceContext context)
    {
        List<DockerService> wanted =
        [
            DatabaseOf(context),
            .. Of("mail", context, Mail),
            .. Of(ServiceCatalog.AuthName, context, Auth),
            .. Of("rest", context, Rest),
            .. Of("meta", context, Meta),
            .. Of("storage", context, _ => ImageProxy()).Where(_ => context.Configuration.Flag("storage.image_transformation.enabled") != false),
            .. Of("storage", context, Storage),
            .. Of("realtime", context, Realtime),
            .. Of("functions", context, embedded => Functions(embedded, context)),
            .. Of("studio", context, Studio),
        ];
        return WithoutMissing(wanted);
    }

    /// <summary>The services with no dependency on one that is not among them.</summary>
    public static IReadOnlyList<DockerService> WithoutMissing(IEnumerable<DockerService> services)
    {
        List<DockerService> all = [.. services];
        HashSet<string> names = [.. all.Select(service => service.Name)];
        return [.. all.Select(service => service with { DependsOn = [.. service.DependsOn.Where(needed => names.Contains(needed.Service))] })];
    }

    /// <summary>PostgreSQL with Supabase's extensions, roles and schemas. Its major version is <c>db.major_version</c>.</summary>
    private static DockerService DatabaseOf(ServiceContext context) => new()
    {
        Name = Database,
        Repository = "supabase/postgres",
        Tag = context.Configuration.Number("db.major_version") == 15 ? "15.8.1.085" : "17.6.1.136",
        Command = ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf", "-c", "log_min_messages=fatal"],
        Environment = new Dictionary<string, string>
        {
            ["POSTGRES_HOST"] = "/var/run/postgresql",
            ["POSTGRES_PORT"] = "{databasePort}",
            ["POSTGRES_PASSWORD"] = "{servicePassword}",
            ["POSTGRES_DB"] = "{databaseName}",
            ["PGPORT"] = "{databasePort}",
            ["PGPASSWORD"] = "{servicePassword}",
            ["PGDATABASE"] = "{databaseName}",
            ["JWT_SECRET"] = "{jwtSecret}",
            ["JWT_EXP"] = "{authJwtExpiry}",
        },
        Ports = Port(DatabasePort),
        PortKeys = new Dictionary<string, string> { [ServiceDefinition.MainPort] = "db.port" },
        HealthPath = null,
        Aliases = [DatabaseHost],
        Mounts = [new DockerMount(DataVolume, DataFolder), new DockerMount(KeyVolume, "/etc/postgresql-custom")],
        // Ends sessions at once and shuts down cleanly (https://www.postgresql.org/docs/current/server-shutdown.html).
        StopSignal = "SIGINT",
        StopLimit = TimeSpan.FromSeconds(30),
    };

    private static DockerService Mail(DockerService embedded) => embedded.With(("MP_DATABASE", null)) with
    {
        Repository = "axllent/mailpit",
        Tag = "v1.22.3",
        Ports = new Dictionary<string, int> { [ServiceDefinition.MainPort] = 8025, ["smtpPort"] = 1025 },
    };

    private static DockerService Auth(DockerService embedded) => embedded.With(("GOTRUE_DB_MIGRATIONS_PATH", null)) with
    {
        Repository = "supabase/gotrue",
        Tag = "v2.196.0",
        Ports = Port(9999),
        DependsOn = [new DockerDependency(Database)],
        PreparesDatabase = true,
    };

    private static DockerService Rest(DockerService embedded) => embedded.With(("PGRST_DB_USE_LEGACY_GUCS", "false")) with
    {
        Repository = "postgrest/postgrest",
        Tag = "v14.17",
        Ports = new Dictionary<string, int> { [ServiceDefinition.MainPort] = 3000, ["adminPort"] = 3001 },
        DependsOn = [new DockerDependency(Database)],
    };

    private static DockerService Meta(DockerService embedded) =>
        embedded.With(("PG_META_DB_USER", "{administrator}"), ("PG_META_DB_PASSWORD", "{administratorPassword}"), ("CRYPTO_KEY", "{derivedSecret}")) with
        {
            Repository = "supabase/postgres-meta",
            Tag = "v0.99.0",
            Ports = Port(8080),
            DependsOn = [new DockerDependency(Database)],
        };

    private static DockerService ImageProxy() => new()
    {
        Name = "imgproxy",
        Repository = "darthsim/imgproxy",
        Tag = "v3.31.4",
        Environment = new Dictionary<string, string>
        {
            ["IMGPROXY_BIND"] = ":5001",
            ["IMGPROXY_LOCAL_FILESYSTEM_ROOT"] = "/",
            ["IMGPROXY_USE_ETAG"] = "true",
            ["IMGPROXY_MAX_SRC_RESOLUTION"] = "16.8",
        },
        Ports = Port(5001),
        HealthPath = "/health",
        Mounts = [new DockerMount(StorageVolume, StorageFolder)],
        IsOptional = true,
    };

    private static DockerService Storage(DockerService embedded) =>
        embedded.With(("STORAGE_FILE_BACKEND_PATH", StorageFolder), ("FILE_STORAGE_BACKEND_PATH", StorageFolder), ("PGRST_JWT_SECRET", "{jwtSecret}")) with
        {
            Repository = "supabase/storage-api",
            Tag = "v1.74.0",
            Ports = new Dictionary<string, int> { [ServiceDefinition.MainPort] = 5000, ["adminPort"] = 5001 },
            EnvironmentWith = new Dictionary<string, IReadOnlyDictionary<string, string>>(embedded.EnvironmentWith)
            {
                ["imgproxy"] = new Dictionary<string, string> { ["ENABLE_IMAGE_TRANSFORMATION"] = "true", ["IMGPROXY_URL"] = "http://imgproxy:5001" },
            },
            Mounts = [new DockerMount(StorageVolume, StorageFolder)],
            DependsOn = [new DockerDependency(Database), new DockerDependency("rest", IsHealthNeeded: false), new DockerDependency("imgproxy", IsHealthNeeded: false)],
            PreparesDatabase = true,
        };

    private static DockerService Realtime(DockerService embedded) => embedded.With(("DISABLE_HEALTHCHECK_LOGGING", "true")) with
    {
        Repository = "supabase/realtime",
        Tag = "v2.134.10",
        Command = [],
        Ports = Port(4000),
        DependsOn = [new DockerDependency(Database)],
        PreparesDatabase = true,
    };

    /// <summary>Edge functions: the image's runtime with a main service of ours, which reads the same settings as the embedded engine's.</summary>
    private static DockerService Functions(DockerService embedded, ServiceContext context) =>
        embedded.With(("SUPABASE_URL", "{innerGatewayUrl}"), ("DENO_NO_UPDATE_CHECK", null)) with
        {
            Repository = "supabase/edge-runtime",
            Tag = "v1.76.2",
            Command = ["start", "--main-service", Path.Combine(context.GatewayFolder, "functions", "edge-runtime"), "--port", "9000"],
            Ports = Port(9000),
            Mounts =
            [
                SamePath(Path.Combine(context.Environment.Project.Root, "supabase")),
                SamePath(context.Folder.FunctionsRoot),
                SamePath(Path.Combine(context.GatewayFolder, "functions")),
                new DockerMount("deno-cache", "/root/.cache/deno"),
            ],
            DependsOn = [new DockerDependency(Database)],
        };

    // What a publish writes and what config.toml says name files by their paths on this machine.
    private static DockerMount SamePath(string folder) => new(folder, folder, IsFolder: true);

    private static DockerService Studio(DockerService embedded) => embedded.With(("HOSTNAME", "::"), ("SUPABASE_URL", "{innerGatewayUrl}")) with
    {
        Repository = "supabase/studio",
        Tag = "2026.05.25-sha-65c570e",
        Ports = Port(3000),
        DependsOn = [new DockerDependency("meta")],
    };

    /// <summary>The service that the embedded engine knows by a name, if the project wants it.</summary>
    private static IEnumerable<DockerService> Of(string name, ServiceContext context, Func<DockerService, DockerService> toImage)
    {
        ServiceDefinition embedded = ServiceCatalog.All.Single(definition => definition.Name == name);
        return embedded.IsWanted(context) && context.Chosen?.Contains(name) != false ? [toImage(DockerService.Of(embedded))] : [];
    }

    private static Dictionary<string, int> Port(int port) => new() { [ServiceDefinition.MainPort] = port };
}
