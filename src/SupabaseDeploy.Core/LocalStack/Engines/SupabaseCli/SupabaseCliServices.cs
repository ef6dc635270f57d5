using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>The containers that the Supabase CLI runs for a project, as the services that they are elsewhere in this module.</summary>
internal static class SupabaseCliServices
{
    private const string Api = "api";

    // Container (supabase_<container>_<project>), our name, the key that switches it off, whether the stack counts as running without it.
    private static readonly (string Container, string Name, string Key, bool IsOptional)[] s_services =
    [
        ("db", DatabaseService.ServiceName, "", false),
        ("kong", Api, "api.enabled", false),
        ("rest", "rest", "api.enabled", false),
        ("auth", "auth", "auth.enabled", false),
        ("realtime", "realtime", "realtime.enabled", false),
        ("storage", "storage", "storage.enabled", false),
        ("edge_runtime", "functions", "edge_runtime.enabled", true),
        ("pg_meta", "meta", "studio.enabled", true),
        ("studio", "studio", "studio.enabled", true),
        ("inbucket", "mail", "local_smtp.enabled", true),
    ];

    // What Kong of the CLI routes.
    private static readonly string[] s_routes =
        ["/rest/v1", "/graphql/v1", "/auth/v1", "/storage/v1", "/realtime/v1", "/functions/v1", "/pg", "/mcp", "/.well-known"];

    /// <summary>Names that logs can be asked for.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_services.Select(service => service.Name)];

    /// <summary>The container of a service.</summary>
    public static string ContainerOf(string service, string project) => $"supabase_{s_services.Single(known => known.Name == service).Container}_{project}";

    /// <summary>The services of a project, those that it has switched off left out.</summary>
    /// <param name="status">What runs; null when nothing does.</param>
    /// <param name="configuration">The project's configuration.</param>
    /// <param name="failure">Why nothing runs, if anything but a stop is the reason.</param>
    public static IReadOnlyList<LocalService> Of(SupabaseCliStatus? status, SupabaseConfiguration configuration, string? failure) =>
    [
        .. s_services.Where(service => service.Key.Length == 0 || IsEnabled(configuration, service.Key)).Select(service =>
            new LocalService(service.Name, IsRunning(status, service.Container), ProcessId: null, PortOf(service.Name, status, configuration), Version: null, StartedAt: null)
            {
                IsOptional = service.IsOptional,
                LastFailure = failure,
            }),
    ];

    /// <summary>What our gateway does for such a project: all of the API is the CLI's own gateway's.</summary>
    public static ServicePlan Plan(SupabaseCliStatus status) =>
        new([.. status.Api is null ? [] : s_routes.Select(route => Forward(route, status.Api.Port))], []);

    /// <summary>The database's port as the configuration says.</summary>
    public static int DatabasePort(SupabaseConfiguration configuration) => configuration.Port("db.port") ?? 54322;

    // Kong checks keys and answers for services that do not; whatever it answers, it is there.
    private static PlannedService Forward(string route, int port) => new()
    {
        Name = $"{Api} {route}",
        FileName = null,
        Arguments = [],
        Environment = new Dictionary<string, string>(),
        WorkingFolder = "",
        LogFile = "",
        Port = port,
        HealthPath = null,
        Route = route,
        RoutedAs = route,
        Access = ServiceAccess.Open,
    };

    // The mail server was called inbucket before version 3.
    private static bool IsEnabled(SupabaseConfiguration configuration, string key) =>
        (configuration.Flag(key) ?? (key == "local_smtp.enabled" ? configuration.Flag("inbucket.enabled") : null)) != false;

    private static bool IsRunning(SupabaseCliStatus? status, string container) =>
        status is not null && !status.Stopped.Any(stopped => stopped.StartsWith($"supabase_{container}_", StringComparison.Ordinal));

    private static int PortOf(string service, SupabaseCliStatus? status, SupabaseConfiguration configuration) => service switch
    {
        DatabaseService.ServiceName => status?.Database.Port ?? DatabasePort(configuration),
        Api => status?.Api?.Port ?? configuration.Port("api.port") ?? 54321,
        "studio" => status?.Studio?.Port ?? configuration.Port("studio.port") ?? 54323,
        "mail" => status?.Mail?.Port ?? configuration.Port("local_smtp.port") ?? configuration.Port("inbucket.port") ?? 54324,
        _ => 0, // Reached through the API alone.
    };
}
