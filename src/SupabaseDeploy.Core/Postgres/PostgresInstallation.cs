namespace SupabaseDeploy.Postgres;

/// <summary>A complete set of PostgreSQL programs of one version.</summary>
/// <param name="BinFolder">The folder of the programs, absolute.</param>
/// <param name="Version">Major and minor version: 15.18.</param>
/// <param name="Source">How it was found: <c>PATH</c>, <c>Debian</c>, <c>SUPABASE_DEPLOY_POSTGRES</c>, <c>cache</c>.</param>
public sealed record PostgresInstallation(string BinFolder, Version Version, string Source)
{
    /// <summary>The programs an installation must have to be used.</summary>
    public static IReadOnlyList<string> RequiredPrograms { get; } = ["initdb", "pg_ctl", "postgres", "psql", "pg_dump", "pg_dumpall", "pg_restore"];

    /// <summary>Folders of shared libraries that the system's loader does not look in; for installations unpacked into the cache.</summary>
    public IReadOnlyList<string> LibraryFolders { get; init; } = [];

    /// <summary>The absolute path of a program: <c>psql</c>.</summary>
    public string Program(string name) => ProgramSearch.FindIn(BinFolder, name) ?? Path.Combine(BinFolder, name);

    /// <summary>A run of one of the programs, with the environment it needs to find its libraries. Add to <see cref="ProcessRequest.Environment"/>, do not replace it.</summary>
    public ProcessRequest Request(string program, params IReadOnlyList<string> arguments) => new(Program(program), arguments) { Environment = Environment };

    /// <summary>The variables that its programs need.</summary>
    public IReadOnlyDictionary<string, string?> Environment
    {
        get
        {
            var environment = new Dictionary<string, string?>();
            if (LibraryFolders.Count > 0)
            {
                environment["LD_LIBRARY_PATH"] = string.Join(':', LibraryFolders);
            }

            return environment;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"PostgreSQL {Version} in '{BinFolder}' ({Source})";
}
