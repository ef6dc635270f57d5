using SupabaseDeploy.Deployments;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Testing;

/// <summary>A small application with two stages, each with a database of its own and a folder as its web root.</summary>
public sealed class PublishedApplication : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, TestDatabase> _databases = [];
    private FolderTargets? _targets;

    public ProjectFolder Project => new(_folder.Path);

    public CollectingSink Sink { get; } = new();

    public FolderTargets Targets => _targets!;

    public ReleaseStore Store => new(Project);

    /// <summary>The clock that gates are asked by.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Who publishes.</summary>
    public Actor Actor { get; set; } = new("ann", "test");

    public DeploymentPlanner Planner => new(Targets, Time, Actor);

    /// <summary>Backups that were asked for.</summary>
    public List<string> Backups { get; } = [];

    public static async Task<PublishedApplication> CreateAsync(string productionSettings = "promoteFrom: staging")
    {
        var application = new PublishedApplication();
        application._folder.Write(
            "env/pipeline.yml",
            $$"""
            application: courses
            web:
              bundle: build/web
            health:
              onInconclusive: rollBack
              endpoints:
                - { name: home, url: /, body: ready }
            stages:
              - name: staging
                target: local
              - name: production
                target: local
                {{productionSettings.ReplaceLineEndings("\n    ")}}
            """);
        application._folder.Write("env/staging.json", "{}");
        application._folder.Write("env/production.json", "{}");
        foreach (string name in (string[])["staging", "production"])
        {
            application._databases[name] = await TestDatabase.CreateAsync();
        }

        application._targets = new FolderTargets(
            [.. application._databases.Keys.Select(name => new FolderTarget(application.Environment(name), application.Database(name).Application))]);
        return application;
    }

    /// <summary>The same, with version 1 published to staging.</summary>
    public static async Task<(PublishedApplication Application, Release First)> CreateWithFirstAsync()
    {
        PublishedApplication application = await CreateAsync();
        Release first = await application.ReleaseAsync(1);
        await application.PublishAsync("staging", first);
        return (application, first);
    }

    /// <summary>Changes every environment that is asked for from now on.</summary>
    public Func<DeploymentEnvironment, DeploymentEnvironment> Change { get; set; } = environment => environment;

    public DeploymentEnvironment Environment(string name) => Change(DeploymentPipeline.Load(Project).Resolve(name)[0]);

    public TestDatabase Database(string name) => _databases[name];

    public Ledger Ledger(string name) => new(Environment(name), Database(name).Application);

    public string Write(string path, string content) => _folder.Write(path, content);

    /// <summary>Writes migration <c>00N</c> with its down script, and the page.</summary>
    public void WriteVersion(int number, string page = "ready", bool hasDownScript = true)
    {
        string version = number.ToString("000", System.Globalization.CultureInfo.InvariantCulture);
        Write($"migrations/{version}_add_t{number}.sql", $"create table public.t{number} (id int primary key);\ninsert into public.t{number} values (1), (2);\n");
        if (hasDownScript)
        {
            Write($"migrations/down/{version}_add_t{number}.sql", $"drop table public.t{number};\n");
        }

        Write("build/web/index.html", $"<h1>version {number}: {page}</h1>");
    }

    /// <summary>
    /// Gives the releases made from now on two edge functions, of which one differs from number to number and the other does not, and a setting
    /// for staging that differs too.
    /// </summary>
    public void WriteFunctions(int number)
    {
        Write("supabase/functions/hello/index.ts", $"Deno.serve(() => new Response('version {number}'));\n");
        Write("supabase/functions/steady/index.ts", "Deno.serve(() => new Response('always the same'));\n");
        string pipeline = File.ReadAllText(Path.Combine(Project.Root, "env", "pipeline.yml"));
        Write("env/pipeline.yml", System.Text.RegularExpressions.Regex.Replace(
            pipeline,
            @"- name: staging\n(?<indent> *)target: local\n( *configuration:.*\n)?",
            $"- name: staging\n${{indent}}target: local\n${{indent}}configuration: {{ set: {{ auth.jwt_expiry: {3600 + number}, auth.enable_signup: {(number % 2 == 0 ? "true" : "false")} }} }}\n"));
    }

    public Task<Release> ReleaseAsync() => Store.CreateAsync(
        new ReleaseContent
        {
            Application = "courses",
            MigrationsFolder = Project.MigrationsFolder,
            WebFolder = Path.Combine(Project.Root, "build", "web"),
        },
        NullProgressSink.Instance,
        CancellationToken.None);

    public Task<Release> ReleaseAsync(int number, string page = "ready", bool hasDownScript = true)
    {
        WriteVersion(number, page, hasDownScript);
        return ReleaseAsync();
    }

    public DeploymentPublisher Publisher(TimeProvider? machine = null) => new(Targets, (environment, _, _) =>
    {
        Backups.Add(environment.Name);
        return Task.FromResult($"backup-{Backups.Count}");
    }, Time, Actor)
    {
        Machine = machine ?? TimeProvider.System,
    };

    public async Task<Deployment> PublishAsync(string environment, Release release, DeploymentOptions? options = null, IProgressSink? sink = null)
    {
        options ??= new DeploymentOptions { HealthLimit = TimeSpan.Zero };
        DeploymentPlan plan = await Planner.PlanPublishAsync(Environment(environment), release, options.RollForward, options.Force, CancellationToken.None);
        plan.EnsureGatesPassed();
        return await Publisher().ExecuteAsync(plan, options, sink ?? Sink, CancellationToken.None);
    }

    public async Task<Deployment> RollBackAsync(string environment, Release? release = null)
    {
        DeploymentPlan plan = await Planner.PlanRollbackAsync(Environment(environment), release, CancellationToken.None);
        return await Publisher().ExecuteAsync(plan, new DeploymentOptions { HealthLimit = TimeSpan.Zero }, Sink, CancellationToken.None);
    }

    /// <summary>The versions in the history and the release that is served: what an environment is.</summary>
    public async Task<(string History, string? Served)> StateAsync(string environment)
    {
        await using Npgsql.NpgsqlConnection connection = await Database(environment).Application.OpenAsync(CancellationToken.None);
        IReadOnlyList<AppliedVersion> history = await MigrationHistory.ReadAsync(connection, CancellationToken.None);
        return (string.Join(" ", history.Select(row => row.Version)), await Targets.For(Environment(environment)).GetServedReleaseAsync(CancellationToken.None));
    }

    /// <summary>Everything that an environment is, as one line: history, release served, functions with digests, settings.</summary>
    public async Task<string> WholeStateAsync(string environment)
    {
        (string history, string? served) = await StateAsync(environment);
        string folder = Project.EnvironmentFolder(environment);
        string Content(string file) => File.Exists(Path.Combine(folder, file)) ? File.ReadAllText(Path.Combine(folder, file)) : "{}";
        return $"{history} | {served} | {Content("functions.json")} | {Content("settings.json")}";
    }

    public async ValueTask DisposeAsync()
    {
        _targets?.Dispose();
        foreach (TestDatabase database in _databases.Values)
        {
            await database.DisposeAsync();
        }

        _folder.Dispose();
    }
}
