namespace SupabaseDeploy.Postgres;

/// <summary>Where to look for PostgreSQL.</summary>
public sealed record PostgresSearch
{
    /// <summary>The environment variable that names the installation to use.</summary>
    public const string Variable = "SUPABASE_DEPLOY_POSTGRES";

    /// <summary>The one folder to use, when a person named it: its <c>bin</c> folder or the folder above.</summary>
    public string? Given { get; init; }

    /// <summary>Who named <see cref="Given"/>: <c>-PostgresFolder</c>, <c>SUPABASE_DEPLOY_POSTGRES</c>.</summary>
    public string GivenBy { get; init; } = Variable;

    /// <summary>Where to look, first choice first.</summary>
    public IReadOnlyList<PostgresPlace> Places { get; init; } = [];

    /// <summary>Whether PostgreSQL may be installed or downloaded when none is found.</summary>
    public bool CanInstall { get; init; } = true;

    /// <summary>The search on this machine: the parameter, else the environment variable, else PATH and the usual folders.</summary>
    /// <param name="parameter">What a person gave on the command line; null for nothing.</param>
    public static PostgresSearch OfThisMachine(string? parameter = null)
    {
        string? variable = System.Environment.GetEnvironmentVariable(Variable);
        return new PostgresSearch
        {
            Given = parameter ?? (string.IsNullOrEmpty(variable) ? null : variable),
            GivenBy = parameter is null ? Variable : "the parameter",
            Places = [.. ProgramSearch.PathFolders().Select(folder => new PostgresPlace(folder, null, "PATH")), .. UsualPlaces()],
        };
    }

    private static IEnumerable<PostgresPlace> UsualPlaces()
    {
        string programFiles = System.Environment.GetFolderPath(System.Environment.SpecialFolder.ProgramFiles);
        return
        [
            new("/usr/lib/postgresql", "*", "Debian"),
            new("/usr", "pgsql-*", "Red Hat"),
            new("/opt/homebrew/opt", "postgresql*", "Homebrew"),
            new("/usr/local/opt", "postgresql*", "Homebrew"),
            new("/home/linuxbrew/.linuxbrew/opt", "postgresql*", "Homebrew"),
            new("/Applications/Postgres.app/Contents/Versions", "*", "Postgres.app"),
            .. programFiles.Length > 0 ? [new PostgresPlace(Path.Combine(programFiles, "PostgreSQL"), "*", "Windows")] : Array.Empty<PostgresPlace>(),
        ];
    }
}

/// <summary>A folder of programs, or a folder with a folder for each version.</summary>
/// <param name="Folder">The folder, absolute.</param>
/// <param name="Versions">Which of its folders are a version, with its programs in <c>bin</c>: <c>pgsql-*</c>; null when the folder holds the programs itself.</param>
/// <param name="Source">What it is called: <c>PATH</c>, <c>Debian</c>.</param>
public sealed record PostgresPlace(string Folder, string? Versions, string Source)
{
    /// <summary>The folders of programs that are there now.</summary>
    public IEnumerable<string> BinFolders() =>
        Versions is null ? [Folder]
        : Directory.Exists(Folder) ? Directory.GetDirectories(Folder, Versions).Order(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin"))
        : [];
}
