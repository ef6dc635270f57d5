namespace SupabaseDeploy.LocalStack;

/// <summary>
/// A service of a Supabase project as an image, as data. Texts may name values of the stack in braces, as those of
/// <see cref="ServiceDefinition"/> may; <c>{innerGatewayUrl}</c> is the gateway as containers reach it.
/// </summary>
internal sealed record DockerService
{
    /// <summary>The name in reports and in <c>Get-LocalStack -Log</c>; also the host name that other containers reach it by.</summary>
    public required string Name { get; init; }

    /// <summary>The image's repository on Docker Hub.</summary>
    public required string Repository { get; init; }

    /// <summary>The pinned tag.</summary>
    public required string Tag { get; init; }

    /// <summary>Arguments in place of the image's own; empty for those.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Variables that it gets besides, with those services that the stack runs.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> EnvironmentWith { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <inheritdoc cref="ServiceDefinition.EnvironmentOf"/>
    public Func<ServiceContext, IReadOnlyDictionary<string, string>> EnvironmentOf { get; init; } = _ => new Dictionary<string, string>();

    /// <summary>Its ports in the container by name, <see cref="ServiceDefinition.MainPort"/> among them; a port of this machine's loopback address leads to each.</summary>
    public required IReadOnlyDictionary<string, int> Ports { get; init; }

    /// <summary>The key of <c>config.toml</c> that wishes for a port of this machine, by the port's name.</summary>
    public IReadOnlyDictionary<string, string> PortKeys { get; init; } = new Dictionary<string, string>();

    /// <summary>A path that answers with a status below 400 when the service is healthy; null for the database, which is signed in to.</summary>
    public required string? HealthPath { get; init; }

    /// <summary>The name of the port of <see cref="HealthPath"/>.</summary>
    public string HealthPort { get; init; } = ServiceDefinition.MainPort;

    /// <summary>The bearer token that <see cref="HealthPath"/> needs; null for none.</summary>
    public string? HealthToken { get; init; }

    /// <summary>Further host names that other containers reach it by.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    public IReadOnlyList<DockerMount> Mounts { get; init; } = [];

    /// <summary>The services that must run first.</summary>
    public IReadOnlyList<DockerDependency> DependsOn { get; init; } = [];

    /// <summary>The signal that ends it; null for the image's own.</summary>
    public string? StopSignal { get; init; }

    /// <summary>How long it may take to end.</summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc cref="ServiceDefinition.Route"/>
    public ServiceRoute? Route { get; init; }

    /// <summary>True when the stack counts as running without it.</summary>
    public bool IsOptional { get; init; }

    /// <summary>True when it makes objects in the database, which migrations may name.</summary>
    public bool PreparesDatabase { get; init; }

    /// <summary>What holds of a service whoever runs it. What it binds to its own loopback address is bound to all; what others are reached by is their name.</summary>
    public static DockerService Of(ServiceDefinition embedded) => new()
    {
        Name = embedded.Name,
        Repository = "",
        Tag = "",
        Environment = Replace(embedded.Environment, "0.0.0.0"),
        EnvironmentOf = embedded.EnvironmentOf,
        EnvironmentWith = embedded.EnvironmentWith.ToDictionary(with => with.Key, with => Replace(with.Value, with.Key)),
        Ports = new Dictionary<string, int>(),
        PortKeys = embedded.PortKeys,
        HealthPath = embedded.HealthPath,
        HealthPort = embedded.HealthPort,
        HealthToken = embedded.HealthToken,
        Route = embedded.Route,
        IsOptional = embedded.IsOptional,
    };

    private static IReadOnlyDictionary<string, string> Replace(IReadOnlyDictionary<string, string> variables, string host) =>
        variables.ToDictionary(variable => variable.Key, variable => variable.Value.Replace("127.0.0.1", host, StringComparison.Ordinal));

    /// <summary>The same with other variables; null takes one away.</summary>
    public DockerService With(params (string Name, string? Value)[] changes)
    {
        var environment = new Dictionary<string, string>(Environment);
        foreach ((string name, string? value) in changes)
        {
            environment.Remove(name);
            if (value is not null)
            {
                environment.Add(name, value);
            }
        }

        return this with { Environment = environment };
    }
}

/// <summary>Something of this machine in a container.</summary>
/// <param name="Source">The name of one of the stack's volumes, or, when <paramref name="IsFolder"/> is set, a folder of this machine.</param>
/// <param name="Target">Where the container sees it.</param>
/// <param name="IsFolder">True for a folder, which the container only reads.</param>
internal sealed record DockerMount(string Source, string Target, bool IsFolder = false);

/// <summary>A service that must run first.</summary>
/// <param name="Service">Its name.</param>
/// <param name="IsHealthNeeded">Whether it must be healthy, or only started.</param>
internal sealed record DockerDependency(string Service, bool IsHealthNeeded = true);
