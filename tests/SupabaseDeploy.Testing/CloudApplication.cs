using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Releases;
using SupabaseDeploy.Targets;

namespace SupabaseDeploy.Testing;

/// <summary>A small application with a hosted stage: the platform is played on this machine, its database is a real one.</summary>
public sealed class CloudApplication : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, (ManagementApiProject Project, TestDatabase Database)> _stages = [];

    private CloudApplication(ManagementApiServer api, StorageServer storage)
    {
        Api = api;
        Storage = storage;
        Targets = new DeploymentTargets(Time);
    }

    public ManagementApiServer Api { get; }

    public StorageServer Storage { get; }

    public SkippingTime Time { get; } = new();

    public CollectingSink Sink { get; } = new();

    public DeploymentTargets Targets { get; private set; }

    public ProjectFolder Project => new(_folder.Path);

    public ReleaseStore Store => new(Project);

    /// <summary>The platform's project of staging.</summary>
    public ManagementApiProject Staging => _stages["staging"].Project;

    public TestDatabase Database => _stages["staging"].Database;

    public DeploymentEnvironment Environment => Resolve("staging");

    public IDeploymentTarget Target => Targets.For(Environment);

    /// <summary>An application whose stages have these keys beside what every hosted stage has.</summary>
    public static async Task<CloudApplication> CreateAsync(string settings = "hosting: { bucket: web }", params string[] stages)
    {
        var application = new CloudApplication(await ManagementApiServer.StartAsync(), await StorageServer.StartAsync());
        foreach (string stage in stages.Length == 0 ? ["staging"] : stages)
        {
            TestDatabase database = await TestDatabase.CreateAsync();
            ManagementApiProject project = application.Api.AddProject();
            project.Database = database.Application;
            project.Administration = database.Administration;
            application._stages[stage] = (project, database);
        }

        application.Declare(settings);
        return application;
    }

    public ManagementApiProject ProjectOf(string stage) => _stages[stage].Project;

    public TestDatabase DatabaseOf(string stage) => _stages[stage].Database;

    public DeploymentEnvironment Resolve(string stage) => DeploymentPipeline.Load(Project).Resolve(stage)[0];

    /// <summary>Writes <c>pipeline.yml</c> anew; the targets forget what they know.</summary>
    public void Declare(string settings)
    {
        string indented = settings.ReplaceLineEndings("\n    ");
        string stages = string.Concat(_stages.Select(stage => $$"""

              - name: {{stage.Key}}
                target: supabase-cloud
                project: {{stage.Value.Project.Reference}}
                accessToken: ${secret:ACCESS_TOKEN}
                api: {{Api.Address}}
                database: ${secret:{{stage.Key.ToUpperInvariant()}}_DATABASE_URL}
                {{indented}}
            """));
        _folder.Write("env/pipeline.yml", $"application: courses\nweb: {{ bundle: build/web }}\nstages:{stages}\n");
        Secret("ACCESS_TOKEN", Api.Token.Reveal());
        foreach ((string name, (_, TestDatabase database)) in _stages)
        {
            DatabaseAddress address = database.Application;
            Secret($"{name.ToUpperInvariant()}_DATABASE_URL", $"postgresql://{address.User}:{Uri.EscapeDataString(address.Password!.Reveal())}@{address.Host}:{address.Port}/{address.Database}?sslmode=disable");
            _folder.Write($"env/{name}.json", $$"""{ "SUPABASE_URL": "{{Storage.Address}}" }""");
        }

        Targets = new DeploymentTargets(Time);
    }

    /// <summary>The URL of staging's database says no password any more: the platform has to make a role.</summary>
    public void LeavePasswordOut()
    {
        DatabaseAddress address = Database.Application;
        Secret("STAGING_DATABASE_URL", $"postgresql://{address.User}@{address.Host}:{address.Port}/{address.Database}?sslmode=disable");
        Targets = new DeploymentTargets(Time);
    }

    public void Secret(string name, string value)
    {
        string path = _folder.Write($".supabase-deploy/secrets/{name}", value);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    public string Write(string path, string content) => _folder.Write(path, content);

    public void WriteMigration(int number, bool hasDownScript = true)
    {
        Write($"migrations/00{number}_add_t{number}.sql", $"create table public.t{number} (id int primary key);\n");
        if (hasDownScript)
        {
            Write($"migrations/down/00{number}_add_t{number}.sql", $"drop table public.t{number};\n");
        }
    }

    public void WriteFunction(string slug, string source) => Write($"supabase/functions/{slug}/index.ts", source);

    /// <summary>A bundle whose script has its content in its name, and a page that names it.</summary>
    public void WriteWeb(string hash, string text)
    {
        string folder = Path.Combine(Project.Root, "build", "web");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Write("build/web/index.html", $"<title>{text}</title><script src=\"app.{hash}.js\"></script>");
        Write($"build/web/app.{hash}.js", $"console.log('{text}');");
        Write("build/web/main.dart.js", $"// {text}");
    }

    public async Task<Release> ReleaseAsync()
    {
        Directory.CreateDirectory(Project.MigrationsFolder);
        string web = Path.Combine(Project.Root, "build", "web");
        return await Store.CreateAsync(
            new ReleaseContent { Application = "courses", MigrationsFolder = Project.MigrationsFolder, WebFolder = Directory.Exists(web) ? web : null }, NullProgressSink.Instance, CancellationToken.None);
    }

    public async Task<Deployment> PublishAsync(Release release, string stage = "staging", IProgressSink? sink = null)
    {
        DeploymentPlan plan = await new DeploymentPlanner(Targets).PlanPublishAsync(Resolve(stage), release, rollForward: false, CancellationToken.None);
        plan.EnsureGatesPassed();
        return await new DeploymentPublisher(Targets, (_, _, _) => Task.FromResult("backup-1")).ExecuteAsync(plan, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, sink ?? Sink, CancellationToken.None);
    }

    public async Task<Deployment> RollBackAsync()
    {
        DeploymentPlan plan = await new DeploymentPlanner(Targets).PlanRollbackAsync(Environment, null, CancellationToken.None);
        return await new DeploymentPublisher(Targets, (_, _, _) => Task.FromResult("backup-1")).ExecuteAsync(plan, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, Sink, CancellationToken.None);
    }

    /// <summary>What the platform does to go back to before migration 002: every session ends, and the database is that of then, older ledger included.</summary>
    public async Task GoBackAsync()
    {
        await using NpgsqlConnection connection = await Database.Administration.OpenAsync(default);
        await using var command = new NpgsqlCommand(
            """
            select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
            drop table public.t2;
            delete from supabase_migrations.schema_migrations where version = '002';
            drop schema supabase_deploy cascade
            """,
            connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Storage.DisposeAsync();
        foreach ((_, TestDatabase database) in _stages.Values)
        {
            await database.DisposeAsync();
        }

        _folder.Dispose();
        await Api.DisposeAsync();
    }
}
