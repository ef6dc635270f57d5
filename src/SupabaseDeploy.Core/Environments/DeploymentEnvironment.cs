using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Environments;

/// <summary>The kind of place an environment lives in.</summary>
public enum TargetKind
{
    /// <summary>A cluster and a gateway on this machine.</summary>
    Local,

    /// <summary>Supabase's hosted platform.</summary>
    SupabaseCloud,

    /// <summary>The self-hosted compose stack.</summary>
    Docker,

    /// <summary>The self-hosted stack on Kubernetes.</summary>
    Kubernetes,

    /// <summary>A bare PostgreSQL database named by <c>-DatabaseUrl</c>; there is no <c>pipeline.yml</c>.</summary>
    Database,
}

/// <summary>A result that belongs to one environment, so that it can be piped to any command that takes one.</summary>
public interface IEnvironmentResult
{
    /// <summary>The environment the result is about.</summary>
    DeploymentEnvironment Environment { get; }
}

/// <summary>One resolved environment: nothing in it is a reference any more. Immutable.</summary>
public sealed record DeploymentEnvironment : IEnvironmentResult
{
    /// <summary>The stage's name in <c>pipeline.yml</c>, or the database's name for a bare database.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of place.</summary>
    public required TargetKind Target { get; init; }

    /// <summary>The application's name from <c>pipeline.yml</c>.</summary>
    public required string Application { get; init; }

    /// <summary>The project folder.</summary>
    public required ProjectFolder Project { get; init; }

    /// <summary>The folder of the migrations, absolute.</summary>
    public required string MigrationsFolder { get; init; }

    /// <summary>Position in promotion order, from 0.</summary>
    public int Order { get; init; }

    /// <summary>The stage a release must have been healthy on before it is published here; null for none.</summary>
    public string? PromoteFrom { get; init; }

    /// <summary>The database as configured; null for target <c>local</c>, whose cluster knows its own address.</summary>
    public DatabaseAddress? Database { get; init; }

    /// <summary>Reference of the Supabase project; null for every target but <c>supabase-cloud</c>.</summary>
    public string? ProjectReference { get; init; }

    /// <summary>What is declared for the hosted platform; empty for every target but <c>supabase-cloud</c>.</summary>
    public CloudSettings Cloud { get; init; } = new();

    /// <summary>The compose file, absolute; null for every target but <c>docker</c>.</summary>
    public string? ComposeFile { get; init; }

    /// <summary>What runs the local stack; <c>Auto</c> where nothing is said, and for every target but <c>local</c>.</summary>
    public LocalStackEngine Engine { get; init; }

    /// <summary>Web root settings.</summary>
    public WebSettings Web { get; init; } = new();

    /// <summary>What must hold before a publish.</summary>
    public GateSettings Gates { get; init; } = new();

    /// <summary>What is measured to call the environment healthy.</summary>
    public HealthSettings Health { get; init; } = new();

    /// <summary>Backups before a publish, where they go and how long they are kept.</summary>
    public BackupSettings Backup { get; init; } = new();

    /// <summary>How long migrations wait for locks and run, and how often a file is tried again.</summary>
    public MigrationSettings Migrations { get; init; } = MigrationSettings.For(TargetKind.Database);

    /// <summary>Where secrets are looked for, beside the process's environment and files of one's own.</summary>
    public SecretSettings SecretSources { get; init; } = new();

    /// <summary>Where each secret of this environment came from, by name; never a value.</summary>
    public IReadOnlyList<SecretOrigin> SecretOrigins { get; init => field = value.ToArray(); } = [];

    /// <summary>The flat public values of <c>env/&lt;name&gt;.json</c>, as Flutter reads them.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    DeploymentEnvironment IEnvironmentResult.Environment => this;

    /// <summary>An environment for a bare database: no <c>pipeline.yml</c> needed.</summary>
    /// <param name="database">The database.</param>
    /// <param name="path">A project folder, its folder <c>supabase</c> or <c>supabase/migrations</c>, or any migrations folder.</param>
    public static DeploymentEnvironment ForDatabase(DatabaseAddress database, string path)
    {
        ProjectFolder project = ProjectFolder.At(path);
        return new()
        {
            Name = database.Database,
            Target = TargetKind.Database,
            Application = database.Database,
            Project = project,
            MigrationsFolder = ProjectFolder.FindMigrations(path),
            Database = database,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The web root of an environment.</summary>
public sealed record WebSettings
{
    /// <summary>The folder of the built web bundle that <c>New-Release</c> takes, absolute; null when the application has none.</summary>
    public string? BundleFolder { get; init; }

    /// <summary>How many releases stay on disk beside the served one.</summary>
    public int KeepReleases { get; init; } = 3;
}

/// <summary>What is measured to call an environment healthy.</summary>
public sealed record HealthSettings
{
    /// <summary>HTTP endpoints to probe.</summary>
    public IReadOnlyList<HttpProbeSettings> Endpoints { get; init; } = [];

    /// <summary>Time limit of one probe.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often in a row a publish has to measure it healthy: one good answer may come from a process that is about to fall over.</summary>
    public int Passes { get; init; } = 2;

    /// <summary>The stabilisation window: the time over which a publish spreads its passes. Zero: as fast as can be measured.</summary>
    public TimeSpan Window { get; init; }

    /// <summary>What a publish does when its probes get no answer at all, so that nothing is known.</summary>
    public InconclusiveHealth OnInconclusive { get; init; }

    /// <summary>How long a publish pauses for a decision before it rolls back.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>What a publish does when health is inconclusive.</summary>
public enum InconclusiveHealth
{
    /// <summary>Waits until a person decides, the probes get answers, or <see cref="HealthSettings.Pause"/> is over; then rolls back.</summary>
    Pause,

    /// <summary>Rolls back at once.</summary>
    RollBack,

    /// <summary>Keeps the release, without evidence that it was healthy.</summary>
    Keep,
}

/// <summary>One HTTP endpoint.</summary>
public sealed record HttpProbeSettings
{
    /// <summary>Name shown in results.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute URL, or a path (<c>/</c>) relative to the environment's own web root.</summary>
    public required string Url { get; init; }

    /// <summary>Expected status code.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Regular expression the body must match; null for none.</summary>
    public string? BodyMatches { get; init; }

    /// <summary>Slower than this is Degraded; null for no limit.</summary>
    public TimeSpan? MaxLatency { get; init; }
}

/// <summary>Backups of an environment.</summary>
public sealed record BackupSettings
{
    /// <summary>Take a backup before every publish.</summary>
    public bool Before { get; init; }

    /// <summary>Folder the backups go to, absolute; null for <see cref="ProjectFolder.BackupsFolder"/>.</summary>
    public string? Store { get; init; }

    /// <summary>How many are to be kept; null for all.</summary>
    public BackupRetention? Keep { get; init; }
}

/// <summary>How many backups are to be kept.</summary>
/// <param name="Daily">The newest of each of the last days.</param>
/// <param name="Weekly">The newest of each of the last weeks.</param>
/// <param name="Monthly">The newest of each of the last months.</param>
public sealed record BackupRetention(int Daily, int Weekly, int Monthly);
