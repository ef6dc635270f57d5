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

    /// <summary>Folders of programs, first choice first, each with the name of its source.</summary>
    public IReadOnlyList<(string Folder, string Source)> Folders { get; init; } = [];

    /// <summary>The search on this machine: the parameter, else the environment variable, else PATH and the usual folders.</summary>
    /// <param name="parameter">What a person gave on the command line; null for nothing.</param>
    public static PostgresSearch OfThisMachine(string? parameter = null)
    {
        string? variable = System.Environment.GetEnvironmentVariable(Variable);
        return new PostgresSearch
        {
            Given = parameter ?? (string.IsNullOrEmpty(variable) ? null : variable),
            GivenBy = parameter is null ? Variable : "the parameter",
            Folders = [.. ProgramSearch.PathFolders().Select(folder => (folder, "PATH")), .. UsualFolders()],
        };
    }

    private static IEnumerable<(string Folder, string Source)> UsualFolders()
    {
        string programFiles = System.Environment.GetFolderPath(System.Environment.SpecialFolder.ProgramFiles);
        return
        [
            .. Versions("/usr/lib/postgresql", "*", "bin", "Debian"),
            .. Versions("/usr", "pgsql-*", "bin", "Red Hat"),
            .. Versions("/opt/homebrew/opt", "postgresql*", "bin", "Homebrew"),
            .. Versions("/usr/local/opt", "postgresql*", "bin", "Homebrew"),
            .. Versions("/home/linuxbrew/.linuxbrew/opt", "postgresql*", "bin", "Homebrew"),
            .. Versions("/Applications/Postgres.app/Contents/Versions", "*", "bin", "Postgres.app"),
            .. programFiles.Length > 0 ? Versions(Path.Combine(programFiles, "PostgreSQL"), "*", "bin", "Windows") : [],
        ];
    }

    private static IEnumerable<(string Folder, string Source)> Versions(string parent, string pattern, string below, string source) =>
        Directory.Exists(parent)
            ? Directory.GetDirectories(parent, pattern).Order(StringComparer.Ordinal).Select(folder => (Path.Combine(folder, below), source))
            : [];
}
