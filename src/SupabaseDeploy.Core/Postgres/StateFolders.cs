using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Postgres;

/// <summary>
/// Where things live that belong to the machine and not to a project: downloaded servers, template clusters, and, as root, the clusters.
/// PostgreSQL refuses to run as root and its user cannot reach into root's closed folders, so as root all of it is under
/// <c>/var/lib/supabase-deploy</c> and a project keeps only a pointer.
/// </summary>
public sealed record StateFolders
{
    /// <summary>The environment variable that names another cache folder.</summary>
    public const string CacheVariable = "SUPABASE_DEPLOY_CACHE";

    /// <summary>The folder of a cluster that lives beside its pointer.</summary>
    internal const string HomeName = "postgres";

    private const string RootFolder = "/var/lib/supabase-deploy";

    private const UnixFileMode Reachable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>The cache folder, absolute.</summary>
    public required string Cache { get; init; }

    /// <summary>Where clusters live; null when they live in their project.</summary>
    public string? Clusters { get; init; }

    /// <summary>The user that servers run as; null for our own.</summary>
    public UnprivilegedUser? ServerUser { get; init; }

    /// <summary>Initialised clusters to copy from.</summary>
    public string Templates => Path.Combine(Cache, "templates");

    /// <summary>Data with migrations applied, to copy from.</summary>
    public string Snapshots
    {
        get => field ?? Path.Combine(Cache, "snapshots");
        init;
    }

    /// <summary>Pointers of the servers that are there for one piece of work.</summary>
    public string Shadows
    {
        get => field ?? Path.Combine(Cache, "shadows");
        init;
    }

    /// <summary>Servers that were downloaded.</summary>
    public string Downloads => Path.Combine(Cache, "downloads");

    /// <summary>The folders for this process: its user, its environment.</summary>
    public static StateFolders OfThisMachine()
    {
        UnprivilegedUser? user = UnprivilegedUser.ForThisProcess();
        string? given = System.Environment.GetEnvironmentVariable(CacheVariable);
        return new StateFolders
        {
            Cache = string.IsNullOrEmpty(given) ? DefaultCache(user) : Path.GetFullPath(given),
            Clusters = user is null ? null : RootFolder,
            ServerUser = user,
        };
    }

    /// <summary>The home of one cluster: its data, log and settings.</summary>
    /// <param name="pointerFolder">The project's folder of the environment.</param>
    /// <param name="id">The cluster's id.</param>
    public string ClusterHome(string pointerFolder, string id) =>
        Clusters is null ? Path.Combine(pointerFolder, HomeName) : Path.Combine(Clusters, id);

    /// <summary>Creates a folder that the server's user can reach and read.</summary>
    public void CreateReachable(string folder)
    {
        if (ServerUser is null || OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        if (Path.GetDirectoryName(folder) is string parent)
        {
            CreateReachable(parent);
        }

        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            // Whatever the umask: root's is often closed to others.
            File.SetUnixFileMode(folder, Reachable);
        }
        else if (!File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherExecute))
        {
            throw new DeployException(
                ErrorTable.FolderUnreachable,
                $"PostgreSQL runs as user '{ServerUser.Name}', to whom folder '{folder}' is closed.",
                $"Set {CacheVariable} to a folder that every user can reach, or leave it unset.",
                folder);
        }
    }

    private static string DefaultCache(UnprivilegedUser? user)
    {
        if (user is not null)
        {
            return RootFolder;
        }

        string home = System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsWindows())
        {
            return Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.LocalApplicationData), "supabase-deploy");
        }

        if (OperatingSystem.IsMacOS())
        {
            return Path.Combine(home, "Library", "Caches", "supabase-deploy");
        }

        // The XDG base directory specification: a relative path in the variable is ignored.
        string? xdg = System.Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return Path.Combine(Path.IsPathFullyQualified(xdg ?? "") ? xdg! : Path.Combine(home, ".cache"), "supabase-deploy");
    }
}
