using Docker.DotNet.Models;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Testing;

namespace SupabaseDeploy.Core.Tests.LocalStack;

/// <summary>A project whose stack runs with the Docker engine and images that stand in for Supabase's; all of it is removed after the test.</summary>
public sealed class DockerProject : IAsyncDisposable
{
    /// <summary>The registry that the stand-ins are named after. Nobody has it, so none of them is ever taken for the real image.</summary>
    public const string Registry = "stand-in.invalid";

    /// <summary>A registry whose auth ends at once; it has no image but that and the database's.</summary>
    public const string FailingRegistry = "failing.stand-in.invalid";

    /// <summary>Everything but the database, auth and rest.</summary>
    public const string Small = "[storage]\nenabled = false\n[realtime]\nenabled = false\n[studio]\nenabled = false\n[inbucket]\nenabled = false\n";

    private static readonly SemaphoreSlim s_one = new(1);

    private readonly TemporaryFolder _folder = new();

    private DockerProject(DockerEngine engine, string registry)
    {
        Engine = engine;
        Stacks = new LocalStacks(gatewayFolder: Repository.GatewayFolder)
        {
            FindProgram = _ => null,
            Docker = new DockerOptions { Registry = registry },
        };
        Environment = new DeploymentEnvironment
        {
            Name = "local",
            Target = TargetKind.Local,
            Application = "courses",
            Project = new ProjectFolder(_folder.Path),
            MigrationsFolder = Path.Combine(_folder.Path, "migrations"),
        };
    }

    public DockerEngine Engine { get; }

    public LocalStacks Stacks { get; }

    public DeploymentEnvironment Environment { get; }

    public CollectingSink Sink { get; } = new();

    internal DockerNames Names => DockerNames.Of(Environment);

    public static async Task<DockerProject> CreateAsync(string configuration = Small, string registry = Registry)
    {
        DockerEngine engine = await DockerEngine.GetAsync();
        await ProvideImagesAsync(engine);
        var project = new DockerProject(engine, registry);
        project.Write("supabase/config.toml", configuration);
        return project;
    }

    public string Write(string path, string content) => _folder.Write(path, content);

    public Task<LocalStackInfo> StartAsync(CancellationToken cancellationToken = default) =>
        Stacks.StartAsync(Environment, LocalStackEngine.Docker, Sink, cancellationToken);

    public Task<LocalStackInfo> StopAsync(bool removeData = false) => Stacks.StopAsync(Environment, removeData, Sink, CancellationToken.None);

    /// <summary>The text at a path of the gateway.</summary>
    public static async Task<string> GetAsync(LocalStackInfo stack, string path, string? key = null)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = stack.Url };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Add("apikey", key);
        }

        return await client.GetStringAsync(new Uri(path, UriKind.Relative));
    }

    /// <summary>The names of what the engine has of this project, containers first.</summary>
    public async Task<IReadOnlyList<string>> ThingsAsync()
    {
        Dictionary<string, IDictionary<string, bool>> filter = Names.Filter();
        IList<ContainerListResponse> containers = await Engine.Client.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filter });
        VolumesListResponse volumes = await Engine.Client.Volumes.ListAsync(new VolumesListParameters { Filters = filter });
        IList<NetworkResponse> networks = await Engine.Client.Networks.ListNetworksAsync(new NetworksListParameters { Filters = filter });
        return [.. containers.Select(container => container.Names[0].TrimStart('/')), .. (volumes.Volumes ?? []).Select(volume => volume.Name), .. networks.Select(network => network.Name)];
    }

    public async ValueTask DisposeAsync()
    {
        await Stacks.StopAsync(Environment, removeData: true, Sink, CancellationToken.None);
        _folder.Dispose();
    }

    private static async Task ProvideImagesAsync(DockerEngine engine)
    {
        await s_one.WaitAsync();
        try
        {
            await TagAsync("supabase/postgres:17.6.1.136", await DockerStandIns.DatabaseAsync(engine));
            await DockerStandIns.TagAsync(engine, await DockerStandIns.ServiceAsync(engine, [9999], ["/health"], "no such secret"), $"{FailingRegistry}/supabase/gotrue:v2.196.0");
            await DockerStandIns.TagAsync(engine, await DockerStandIns.DatabaseAsync(engine), $"{FailingRegistry}/supabase/postgres:17.6.1.136");
            await TagAsync("supabase/gotrue:v2.196.0", await DockerStandIns.ServiceAsync(engine, [9999], ["/health"]));
            await TagAsync("postgrest/postgrest:v14.17", await DockerStandIns.ServiceAsync(engine, [3000, 3001], ["/ready"]));
            await TagAsync("supabase/postgres-meta:v0.99.0", await DockerStandIns.ServiceAsync(engine, [8080], ["/health"]));
            await TagAsync("supabase/storage-api:v1.74.0", await DockerStandIns.ServiceAsync(engine, [5000], ["/status"]));
            await TagAsync("darthsim/imgproxy:v3.31.4", await DockerStandIns.ServiceAsync(engine, [5001], ["/health"]));
            await TagAsync("supabase/realtime:v2.134.10", await DockerStandIns.ServiceAsync(engine, [4000], ["/api/tenants/realtime-dev/health"]));
            await TagAsync("supabase/edge-runtime:v1.76.2", await DockerStandIns.ServiceAsync(engine, [9000], ["/_internal/health"]));
            await TagAsync("axllent/mailpit:v1.22.3", await DockerStandIns.ServiceAsync(engine, [8025], ["/readyz"]));
            await TagAsync("supabase/studio:2026.05.25-sha-65c570e", await DockerStandIns.ServiceAsync(engine, [3000], ["/api/platform/profile"]));
        }
        finally
        {
            s_one.Release();
        }

        Task TagAsync(string name, string image) => DockerStandIns.TagAsync(engine, image, $"{Registry}/{name}");
    }
}
