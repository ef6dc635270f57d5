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

    /// <summary><c>supabase/migrations</c> where it exists, else <c>migrations</c>.</summary>
    public string MigrationsFolder =>
        Directory.Exists(Path.Combine(Root, "supabase", "migrations"))
            ? Path.Combine(Root, "supabase", "migrations")
            : Path.Combine(Root, "migrations");

    /// <summary><c>.supabase-deploy</c>: clusters' pointers, logs, releases, backups. Ignored by git.</summary>
    public string StateFolder => Path.Combine(Root, ".supabase-deploy");

    /// <summary><c>.supabase-deploy/releases</c>.</summary>
    public string ReleasesFolder => Path.Combine(StateFolder, "releases");

    /// <summary><c>.supabase-deploy/backups</c>, where <c>pipeline.yml</c> names no other store.</summary>
    public string BackupsFolder => Path.Combine(StateFolder, "backups");

    /// <summary><c>.supabase-deploy/environments/&lt;name&gt;</c>: what one local environment keeps.</summary>
    public string EnvironmentFolder(string environment) => Path.Combine(StateFolder, "environments", environment);

    /// <summary><c>env/&lt;name&gt;.json</c>: the public values Flutter reads.</summary>
    public string VariablesFile(string environment) => Path.Combine(Root, "env", environment + ".json");

    /// <summary><c>.supabase-deploy/secrets/&lt;name&gt;</c>: the value of <c>${secret:NAME}</c> where no environment variable has it.</summary>
    public string SecretFile(string name) => Path.Combine(StateFolder, "secrets", name);

    /// <inheritdoc/>
    public override string ToString() => Root;
}
