using System.Net.Sockets;
using System.Text.Json.Nodes;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>A project whose stack is run by a program that speaks the Supabase CLI's protocol, with a database of one's own.</summary>
internal sealed class CliProject : IAsyncDisposable
{
    private static readonly string s_standIns = Path.Combine(Repository.Root, "tests", "stand-ins");

    private readonly TemporaryFolder _folder = new();
    private readonly TestCluster? _cluster;

    private CliProject(TestCluster? cluster)
    {
        _cluster = cluster;
        _folder.Write("supabase/config.toml", "project_id = \"shop\"\n[studio]\nenabled = false\n[local_smtp]\nenabled = false\n[edge_runtime]\nenabled = false\n");
        _folder.Write("supabase/migrations/1_first.sql", "create table first (id int);\n");
        _folder.Write("supabase/migrations/2_second.sql", "create table second (id int);\n");
        ApiPort = FreePort();
        Change(state =>
        {
            state["apiPort"] = ApiPort;
            state["dbUrl"] = cluster is null ? "postgresql://postgres:postgres@127.0.0.1:54322/postgres" : Url(cluster.Application);
            state["psql"] = cluster is null ? "psql" : Path.Combine(cluster.Installation.BinFolder, "psql");
        });
    }

    public int ApiPort { get; }

    public string Root => _folder.Path;

    public Dictionary<string, string> Programs { get; } = new() { ["supabase"] = Path.Combine(s_standIns, "supabase"), ["docker"] = Path.Combine(s_standIns, "docker") };

    public bool HasDocker { get; set; } = true;

    public LocalStacks Stacks => new(gatewayFolder: Repository.GatewayFolder) { FindProgram = Find, HasDocker = () => HasDocker };

    public DeploymentEnvironment Environment => new()
    {
        Name = "local",
        Target = TargetKind.Local,
        Application = "shop",
        Project = new ProjectFolder(_folder.Path),
        MigrationsFolder = Path.Combine(_folder.Path, "supabase", "migrations"),
    };

    public LocalStackResetter Resetter => new() { FindProgram = Find };

    public EngineContext Context => new() { Environment = Environment, GatewayFolders = [Repository.GatewayFolder], FindProgram = Find, HasDocker = () => HasDocker };

    private string StateFile => Path.Combine(_folder.Path, "supabase", ".temp", "stand-in.json");

    /// <summary>Without a database of its own: for what never asks one.</summary>
    public static CliProject WithoutDatabase() => new(null);

    public static async Task<CliProject> CreateAsync()
    {
        TestCluster cluster = await TestCluster.CreateAsync();
        // As in Supabase's image, where the superuser has the password of postgres.
        await using (var superuser = await cluster.Administration.OpenAsync(CancellationToken.None))
        {
            await using var command = superuser.CreateCommand();
            command.CommandText = $"alter role supabase_admin password '{cluster.Application.Password!.Reveal()}'";
            await command.ExecuteNonQueryAsync();
        }

        return new CliProject(cluster);
    }

    public Task<LocalStackInfo> StartAsync(LocalStackEngine engine = LocalStackEngine.SupabaseCli, IProgressSink? sink = null, CancellationToken cancellationToken = default) =>
        Stacks.StartAsync(Environment, engine, sink ?? NullProgressSink.Instance, cancellationToken);

    public Task<LocalStackInfo> GetAsync() => Stacks.GetAsync(Environment, CancellationToken.None);

    public Task<LocalStackInfo> StopAsync(bool removeData = false) => Stacks.StopAsync(Environment, removeData, NullProgressSink.Instance, CancellationToken.None);

    public void Write(string path, string content) => _folder.Write(path, content);

    /// <summary>Says what the program is to do.</summary>
    public void Change(Action<JsonObject> change)
    {
        JsonObject state = State();
        change(state);
        _folder.Write("supabase/.temp/stand-in.json", state.ToJsonString());
    }

    public JsonObject State() => File.Exists(StateFile) ? JsonNode.Parse(File.ReadAllText(StateFile))!.AsObject() : [];

    /// <summary>The commands that were run, questions for the status left out.</summary>
    public IReadOnlyList<string> Calls() => [.. (State()["calls"]?.AsArray() ?? []).Select(call => call!.GetValue<string>()).Where(call => call != "status")];

    public async ValueTask DisposeAsync()
    {
        Change(state =>
        {
            state.Remove("noDocker");
            state.Remove("malformed");
        });
        Programs["supabase"] = Path.Combine(s_standIns, "supabase");
        await StopAsync(removeData: true);
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        _folder.Dispose();
    }

    private string? Find(string program) => Programs.GetValueOrDefault(program);

    private static string Url(DatabaseAddress database) =>
        $"postgresql://{database.User}:{Uri.EscapeDataString(database.Password!.Reveal())}@{database.Host}:{database.Port}/{database.Database}";

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
