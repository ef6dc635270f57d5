using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;
using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>
/// A real Docker engine for tests. As root it is one of our own, with its own socket and data, shared by all test processes of the machine
/// and stopped when the last of them ends; installed from Debian's packages where it is missing. Other users need one that runs already.
/// </summary>
public sealed class DockerEngine
{
    // Short: the engine puts sockets with long names below it, and a socket's path has at most 108 characters.
    private static readonly string RuntimeFolder = "/run/supabase-deploy-tests";
    private static readonly string Cache = Path.Combine(StateFolders.OfThisMachine().Cache, "docker");
    private static readonly string PidFile = Path.Combine(RuntimeFolder, "docker.pid");
    private static readonly string UsersFile = Path.Combine(RuntimeFolder, "docker.users");
    private static readonly Lazy<Task<DockerEngine>> Instance = new(StartAsync);

    private DockerEngine(Uri endpoint)
    {
        Endpoint = endpoint;
        Client = new DockerClientBuilder().WithEndpoint(endpoint).Build();
    }

    /// <summary>Its socket, as <c>DOCKER_HOST</c> would name it.</summary>
    public Uri Endpoint { get; }

    /// <summary>A connection for what a test does itself.</summary>
    public DockerClient Client { get; }

    public static Task<DockerEngine> GetAsync() => Instance.Value;

    private static async Task<DockerEngine> StartAsync()
    {
        if (!System.Environment.IsPrivilegedProcess)
        {
            var usual = new DockerEngine(DockerConfig.Instance.GetEndpoint());
            await usual.Client.System.PingAsync();
            return usual;
        }

        string program = await DebianProgram.FindOrInstallAsync("dockerd", "docker.io");
        Directory.CreateDirectory(RuntimeFolder);
        using FileLock turn = await TurnAsync();
        var engine = new DockerEngine(new Uri($"unix://{RuntimeFolder}/docker.sock"));
        bool isOnlyUser = IsOnlyUser();
        FileStream user = new(UsersFile, FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Task.Run(() => LeaveAsync(user)).GetAwaiter().GetResult();
        if (!await engine.AnswersAsync())
        {
            engine.Launch(program);
            await Wait.UntilAsync(engine.AnswersAsync);
        }

        if (isOnlyUser)
        {
            await engine.RemoveLeftoversAsync();
        }

        // What is tested finds it as it would find a user's.
        System.Environment.SetEnvironmentVariable("DOCKER_HOST", engine.Endpoint.ToString());
        return engine;
    }

    private void Launch(string program)
    {
        Directory.CreateDirectory(Cache);
        File.Delete(PidFile); // A killed one's; the engine refuses to start when the number is in use again.
        new DetachedProgram(
            program,
            [
                "--host", Endpoint.ToString(), "--pidfile", PidFile, "--data-root", Cache, "--exec-root", Path.Combine(RuntimeFolder, "docker"),
                // The default bridge belongs to the engine that this machine may have besides.
                "--bridge", "none",
            ])
        {
            WorkingFolder = Cache,
            StreamsFile = Path.Combine(RuntimeFolder, "docker.log"),
        }.Start().Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await Client.System.PingAsync();
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or DockerApiException)
        {
            return false;
        }
    }

    /// <summary>Removes what killed tests left; images stay.</summary>
    private async Task RemoveLeftoversAsync()
    {
        foreach (ContainerListResponse container in await Client.Containers.ListContainersAsync(new ContainersListParameters { All = true }))
        {
            await Client.Containers.RemoveContainerAsync(container.ID, new ContainerRemoveParameters { Force = true, RemoveVolumes = true });
        }

        await Client.Networks.PruneNetworksAsync();
        foreach (VolumeResponse volume in (await Client.Volumes.ListAsync(CancellationToken.None)).Volumes ?? [])
        {
            await Client.Volumes.RemoveAsync(volume.Name, force: true);
        }
    }

    // The last one out turns off the light.
    private static async Task LeaveAsync(FileStream user)
    {
        using FileLock turn = await TurnAsync();
        await user.DisposeAsync();
        if (IsOnlyUser() && File.Exists(PidFile) && int.TryParse(await File.ReadAllTextAsync(PidFile), CultureInfo.InvariantCulture, out int id)
            && ProcessIdentity.Of(id) is { } process)
        {
            await ProcessEnding.EndAsync(process, TimeProvider.System, CancellationToken.None);
        }
    }

    private static bool IsOnlyUser()
    {
        try
        {
            using FileStream all = new(UsersFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static Task<FileLock> TurnAsync() => FileLock.AcquireAsync(
        Path.Combine(RuntimeFolder, "docker.lock"), "it starts or stops the tests' Docker engine", NullProgressSink.Instance, TimeProvider.System, CancellationToken.None);
}
