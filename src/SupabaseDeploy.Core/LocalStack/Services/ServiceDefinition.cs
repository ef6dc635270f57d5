namespace SupabaseDeploy.LocalStack;

/// <summary>
/// A service of a Supabase project as the embedded engine knows it: what is run and where it comes from, as data. Texts may name values of
/// the stack in braces, as <c>{port}</c>; <see cref="ServiceValues"/> lists them.
/// </summary>
internal sealed record ServiceDefinition
{
    /// <summary>The name of the port that every service has.</summary>
    public const string MainPort = "port";

    /// <summary>The name in reports and in <c>Get-LocalStack -Log</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Names that its program has on PATH, the usual one first.</summary>
    public required IReadOnlyList<string> Programs { get; init; }

    /// <summary>What <c>Install-LocalRuntime</c> gets for it; null when nobody offers it for download.</summary>
    public RuntimePackage? Package { get; init; }

    /// <summary>True when the program alone is not enough: arguments name files of <see cref="Package"/>.</summary>
    public bool NeedsPackageFiles { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables that it gets besides, with those services that the stack runs.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> EnvironmentWith { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>Variables that the project's configuration adds, which go before the others.</summary>
    public Func<ServiceContext, IReadOnlyDictionary<string, string>> EnvironmentOf { get; init; } = _ => new Dictionary<string, string>();

    /// <summary>Names of the ports that it listens on besides <c>{port}</c>, as <c>smtpPort</c>. Other services know them as <c>{mail.smtpPort}</c>.</summary>
    public IReadOnlyList<string> FurtherPorts { get; init; } = [];

    /// <summary>The key of <c>config.toml</c> that wishes for a port, by the port's name.</summary>
    public IReadOnlyDictionary<string, string> PortKeys { get; init; } = new Dictionary<string, string>();

    /// <summary>A path that answers with a status below 400 when the service is healthy.</summary>
    public required string HealthPath { get; init; }

    /// <summary>The name of the port of <see cref="HealthPath"/>.</summary>
    public string HealthPort { get; init; } = MainPort;

    /// <summary>The bearer token that <see cref="HealthPath"/> needs; null for none.</summary>
    public string? HealthToken { get; init; }

    /// <summary>How the gateway leads requests to it; null for not at all.</summary>
    public ServiceRoute? Route { get; init; }

    /// <summary>Names of services that must be healthy first. The database is, before any service is started.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>True when the stack counts as running without it.</summary>
    public bool IsOptional { get; init; }

    /// <summary>False for a service that this project has no use for, as functions without a folder of functions.</summary>
    public Func<ServiceContext, bool> IsWanted { get; init; } = _ => true;
}
