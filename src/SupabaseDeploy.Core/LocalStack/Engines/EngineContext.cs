using System.Collections;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Migrations;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>What the engine of one stack is made from.</summary>
internal sealed record EngineContext
{
    public required DeploymentEnvironment Environment { get; init; }

    public StackFolder Folder => StackFolder.Of(Environment);

    /// <summary>The services that are to run, as the stack's record has them; null for all.</summary>
    public IReadOnlyList<string>? Chosen => StackRecord.Read(Folder.StackFile)?.Chosen;

    /// <summary>Whether more than the database is to run.</summary>
    public bool HasGateway => Chosen?.Contains(GatewayService.ServiceName) != false;

    /// <summary>The project's configuration, read when it is asked for.</summary>
    public SupabaseConfiguration Configuration => SupabaseConfiguration.Load(Environment.Project);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where the gateway's program is looked for.</summary>
    public IReadOnlyList<string> GatewayFolders { get; init; } = GatewayProgram.UsualFolders();

    /// <summary>Where installed runtimes are.</summary>
    public InstalledRuntimes Runtimes { get; init; } = InstalledRuntimes.OfThisMachine();

    /// <summary>Finds a program by its name.</summary>
    public Func<string, string?> FindProgram { get; init; } = ProgramSearch.Find;

    /// <summary>The variables of whoever starts stacks.</summary>
    public IDictionary Surroundings { get; init; } = System.Environment.GetEnvironmentVariables();

    /// <summary>Which Docker engine is used.</summary>
    public DockerOptions Docker { get; init; } = DockerOptions.OfThisMachine();

    /// <summary>How PostgreSQL servers are run.</summary>
    public ClusterOptions Cluster { get; init; } = new();

    /// <summary>What makes the new data of a reset; null for the usual snapshots.</summary>
    public ShadowDatabases? Shadows { get; init; }

    /// <summary>Whether this machine looks as if it had Docker: nothing is asked of it.</summary>
    public Func<bool> HasDocker { get; init; } = () =>
        System.Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } || s_dockerSockets.Any(File.Exists);

    private static readonly string[] s_dockerSockets =
    [
        "/var/run/docker.sock",
        Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".docker", "run", "docker.sock"),
        @"\\.\pipe\docker_engine",
    ];
}
