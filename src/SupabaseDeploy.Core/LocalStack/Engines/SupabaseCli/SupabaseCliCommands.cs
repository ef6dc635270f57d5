namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The arguments of the Supabase CLI (<see href="https://supabase.com/docs/reference/cli"/>, version 3). Each is a pure function of what is
/// asked for. With <c>--output-format json</c> one JSON object goes to standard output and everything for people to standard error.
/// </summary>
internal static class SupabaseCliCommands
{
    /// <summary>Starts the project's containers; answers with <see cref="SupabaseCliStatus"/>, also when they run already.</summary>
    /// <param name="project">The project's folder.</param>
    /// <param name="excluded">What is not to be started, by the names that the CLI has for it.</param>
    public static IReadOnlyList<string> Start(string project, IReadOnlyList<string> excluded) =>
        ["start", .. excluded.Count == 0 ? Array.Empty<string>() : ["--exclude", string.Join(',', excluded)], .. Common(project)];

    /// <summary>Answers with <see cref="SupabaseCliStatus"/>, or with exit code 1 when the database does not run.</summary>
    public static IReadOnlyList<string> Status(string project) => ["status", .. Common(project)];

    /// <summary>Stops the project's containers.</summary>
    /// <param name="project">The project's folder.</param>
    /// <param name="removeData">Deletes their volumes as well.</param>
    public static IReadOnlyList<string> Stop(string project, bool removeData) =>
        removeData ? ["stop", "--no-backup", .. Common(project)] : ["stop", .. Common(project)];

    /// <summary>Replaces the database by a new one with migrations and seeds.</summary>
    /// <param name="project">The project's folder.</param>
    /// <param name="version">The last migration; null for all.</param>
    /// <param name="includeSeed">Whether seeds are run.</param>
    public static IReadOnlyList<string> Reset(string project, string? version, bool includeSeed) =>
    [
        "db", "reset",
        .. version is null ? Array.Empty<string>() : ["--version", version],
        .. includeSeed ? Array.Empty<string>() : ["--no-seed"],
        .. Common(project),
    ];

    /// <summary>Writes the last lines of a container's log and, followed, every further one.</summary>
    public static IReadOnlyList<string> ContainerLog(string container, int tail, bool follow) =>
        ["logs", "--tail", tail.ToString(System.Globalization.CultureInfo.InvariantCulture), .. follow ? ["--follow"] : Array.Empty<string>(), container];

    private static string[] Common(string project) => ["--output-format", "json", "--yes", "--workdir", project];
}
