using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>The containers that the Supabase CLI runs for a project, as the services that they are elsewhere in this module.</summary>
internal static class SupabaseCliServices
{
    private const string Api = "api";

    // Container (supabase_<container>_<project>), our name, what '--exclude' calls it, the key that switches it off, whether the stack counts
    // as running without it.
    private static readonly (string Container, string Name, string Excluded, string Key, bool IsOptional)[] s_services =
    [
        ("db", DatabaseService.ServiceName, "", "", false),
        ("kong", Api, "kong", "api.enabled", false),
        ("rest", "rest", "postgrest", "api.enabled", false),
        ("auth", "auth", "gotrue", "auth.enabled", false),
        ("realtime", "realtime", "realtime", "realtime.enabled", false),
        ("storage", "storage", "storage-api", "storage.enabled", false),
        ("edge_runtime", "functions", "edge-runtime", "edge_runtime.enabled", true),
        ("pg_meta", "meta", "postgres-meta", "studio.enabled", true),
        ("studio", "studio", "studio", "studio.enabled", true),
        ("inbucket", "mail", "mailpit", "inbucket.enabled", true),
    ];

    // What Kong of the CLI routes.
    private static readonly string[] s_routes =
        ["/rest/v1", "/graphql/v1", "/auth/v1", "/storage/v1", "/realtime/v1", "/functions/v1", "/pg", "/mcp", "/.well-known"];

    /// <summary>Names that logs can be asked for.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_services.Select(service => service.Name)];

    /// <summary>The container of a service.</summary>
    public static string ContainerOf(string service, string project) => $"supabase_{s_services.Single(known => known.Name == service).Container}_{project}";

    /// <summary>What is not to be started, by the CLI's names. Its gateway runs with any other service.</summary>
    /// <param name="chosen">The services that are to run; null for all.</param>
    public static IReadOnlyList<string> Excluded(IReadOnlyList<string>? chosen) =>
        [.. s_services.Where(service => !IsChosen(service.Name, chosen)).Select(service => service.Excluded)];

    /// <summary>The services of a project, those that it has switched off and those that were not chosen left out.</summary>
    /// <param name="status">What runs; null when nothing does.</param>
    /// <param name="configuration">The project's configuration.</param>
    /// <param name="chosen">The services that are to run; null for all.</param>
    /// <param name="failure">Why nothing runs, if anything but a stop is the reason.</param>
    public static IReadOnlyList<LocalService> Of(
        SupabaseCliStatus? status, SupabaseConfiguration configuration, IReadOnlyList<string>? chosen, string? failure) =>
    [
        .. s_services.Where(service => IsChosen(service.Name, chosen) && (service.Key.Length == 0 || configuration.Flag(service.Key) != false)).Select(service =>
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
        Route = new ServiceRoute(route) { RoutedAs = route, Access = ServiceAccess.Open },
    };

    private static bool IsChosen(string service, IReadOnlyList<string>? chosen) =>
        chosen is null || chosen.Contains(service) || (service == Api && chosen.Any(name => name is not (DatabaseService.ServiceName or GatewayService.ServiceName)));

    private static bool IsRunning(SupabaseCliStatus? status, string container) =>
        status is not null && !status.Stopped.Any(stopped => stopped.StartsWith($"supabase_{container}_", StringComparison.Ordinal));

    private static int PortOf(string service, SupabaseCliStatus? status, SupabaseConfiguration configuration) => service switch
    {
        DatabaseService.ServiceName => status?.Database.Port ?? DatabasePort(configuration),
        Api => status?.Api?.Port ?? configuration.Port("api.port") ?? 54321,
        "studio" => status?.Studio?.Port ?? configuration.Port("studio.port") ?? 54323,
        "mail" => status?.Mail?.Port ?? configuration.Port("inbucket.port") ?? 54324,
        _ => 0, // Reached through the API alone.
    };
}
