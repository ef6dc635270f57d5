namespace SupabaseDeploy.Environments;

/// <summary>The folders of one project. Only names paths; creates and reads nothing.</summary>
public sealed record ProjectFolder
{
    /// <summary>Describes the project at <paramref name="root"/>, made absolute.</summary>
    public ProjectFolder(string root) => Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    /// <summary>Absolute path of the project.</summary>
    public string Root { get; }

    /// <summary><c>env/pipeline.yml</c>.</summary>
    public string PipelineFile => Path.Combine(Root, "env", "pipeline.yml");

    /// <summary>Whether its stages are known: <c>env/pipeline.yml</c> declares them, or it is a project of the Supabase CLI, whose only stage is <c>local</c>.</summary>
    public bool HasStages => File.Exists(PipelineFile) || IsSupabaseProject;

    /// <summary>Whether it has <c>supabase/config.toml</c> or <c>supabase/migrations</c>.</summary>
    public bool IsSupabaseProject => File.Exists(Path.Combine(Root, "supabase", "config.toml")) || Directory.Exists(Path.Combine(Root, "supabase", "migrations"));

    /// <summary><c>supabase/migrations</c> where it exists, else <c>migrations</c>.</summary>
    public string MigrationsFolder =>
        Directory.Exists(Path.Combine(Root, "supabase", "migrations"))
            ? Path.Combine(Root, "supabase", "migrations")
            : Path.Combine(Root, "migrations");

    /// <summary><c>.supabase-deploy</c>: clusters' pointers, logs, releases, backups. Ignored by git.</summary>
    public string StateFolder => Path.Combine(Root, ".supabase-deploy");

    /// <summary><c>.supabase-deploy/releases</c>.</summary>
    public string ReleasesFolder => Path.Combine(StateFolder, "releases");

    /// <summary><c>.supabase-deploy/builds</c>: of which commit the last build of each environment is.</summary>
    public string BuildsFolder => Path.Combine(StateFolder, "builds");

    /// <summary><c>.supabase-deploy/backups</c>, where <c>pipeline.yml</c> names no other store.</summary>
    public string BackupsFolder => Path.Combine(StateFolder, "backups");

    /// <summary><c>.supabase-deploy/environments/&lt;name&gt;</c>: what one local environment keeps.</summary>
    public string EnvironmentFolder(string environment) => Path.Combine(StateFolder, "environments", environment);

    /// <summary><c>env/&lt;name&gt;.json</c>: the public values Flutter reads.</summary>
    public string VariablesFile(string environment) => Path.Combine(Root, "env", environment + ".json");

    /// <summary><c>.supabase-deploy/secrets/&lt;name&gt;</c>: the value of <c>${secret:NAME}</c> where no environment variable has it.</summary>
    public string SecretFile(string name) => Path.Combine(StateFolder, "secrets", name);

    /// <summary>
    /// The project of a path as a person gives it. Seeds and roles lie beside the migrations in the CLI's layout, and are named from the
    /// project's folder, so the folders <c>supabase</c> and <c>supabase/migrations</c> stand for the project above them, and so does
    /// <c>migrations</c> beside <c>supabase</c>.
    /// </summary>
    public static ProjectFolder At(string path)
    {
        string root = new ProjectFolder(path).Root;
        bool isMigrations = Path.GetFileName(root) == "migrations";
        string? supabase = isMigrations ? Path.GetDirectoryName(root) : root;
        if (isMigrations && supabase is not null && Directory.Exists(Path.Combine(supabase, "supabase")) && !Directory.Exists(Path.Combine(supabase, "supabase", "migrations")))
        {
            return new ProjectFolder(supabase);
        }

        return supabase is not null && Path.GetFileName(supabase) == "supabase" && Directory.Exists(Path.Combine(supabase, "migrations"))
            ? new ProjectFolder(Path.GetDirectoryName(supabase)!)
            : new ProjectFolder(root);
    }

    /// <summary>The migrations of a path as a person gives it: those of the project there, else the folder itself is the migrations.</summary>
    public static string FindMigrations(string path)
    {
        ProjectFolder project = At(path);
        bool isProject = Directory.Exists(Path.Combine(project.Root, "supabase", "migrations")) || Directory.Exists(Path.Combine(project.Root, "migrations"));
        return isProject ? project.MigrationsFolder : project.Root;
    }

    /// <inheritdoc/>
    public override string ToString() => Root;
}
