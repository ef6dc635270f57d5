using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// What the gateway of a stack runs and routes to, with nothing left to be found or chosen. Written to a file of mode 0600 beside the
/// gateway's state: the environments of the services hold secrets.
/// </summary>
/// <param name="Services">The services to run, each after those it depends on.</param>
/// <param name="Missing">The services whose programs this machine lacks: a request for one of them is answered with how to get it.</param>
/// <param name="Keys">The API keys that requests come with; null to know none.</param>
public sealed record ServicePlan(IReadOnlyList<PlannedService> Services, IReadOnlyList<MissingService> Missing, GatewayKeys? Keys = null)
{
    /// <summary>Where the gateway serves <see cref="MailTemplates"/>, with the name behind it.</summary>
    public const string MailPath = "/_gateway/mail";

    /// <summary>Files that the gateway serves to Auth, by their names: texts of mails.</summary>
    public IReadOnlyDictionary<string, string> MailTemplates { get; init; } = new Dictionary<string, string>();

    /// <summary>Addresses of this machine that the gateway listens on besides its loopback address, where containers reach it.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>A plan of no services.</summary>
    public static ServicePlan Empty { get; } = new([], []);

    /// <summary>SHA-256 of the plan, lower-case hexadecimal: a running gateway with another one is out of date.</summary>
    [JsonIgnore]
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this, ServicePlanJson.Default.ServicePlan)));

    /// <summary>The text of the plan's file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ServicePlanJson.Default.ServicePlan);

    /// <summary>Reads a plan.</summary>
    /// <exception cref="JsonException">It is no plan.</exception>
    public static ServicePlan Parse(string json) =>
        JsonSerializer.Deserialize(json, ServicePlanJson.Default.ServicePlan) ?? throw new JsonException("The plan is null.");
}

/// <summary>One program to run.</summary>
public sealed record PlannedService
{
    /// <summary>The service's name: <c>rest</c>, <c>auth</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The program, absolute; null for a service that something else runs, as a container: it is only asked for its health and routed to.</summary>
    public required string? FileName { get; init; }

    /// <summary>Its arguments. Visible to every user of the machine: no secret goes there.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Variables added to the gateway's own environment, which holds none of whoever started it but PATH and the like.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Its current folder, absolute.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>The port of 127.0.0.1 that it serves.</summary>
    public required int Port { get; init; }

    /// <summary>The further ports of 127.0.0.1 that it listens on, by name.</summary>
    public IReadOnlyDictionary<string, int> FurtherPorts { get; init; } = new Dictionary<string, int>();

    /// <summary>What tells that it is healthy: a path that answers with a status below 400; null where any answer does.</summary>
    public required string? HealthPath { get; init; }

    /// <summary>The port of <see cref="HealthPath"/>, where it is not <see cref="Port"/>.</summary>
    public int? HealthPort { get; init; }

    /// <summary>The bearer token that <see cref="HealthPath"/> needs; null for none.</summary>
    public string? HealthToken { get; init; }

    /// <summary>How the gateway leads requests to it; null for not at all.</summary>
    public ServiceRoute? Route { get; init; }

    /// <summary>Names of services that must be healthy before this one is started.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>True when the stack counts as running without it.</summary>
    public bool IsOptional { get; init; }

    /// <summary>The file that takes what it writes.</summary>
    public required string LogFile { get; init; }

    /// <summary>Version of the program, as far as it is known.</summary>
    public string? Version { get; init; }
}

/// <summary>The API keys of a stack.</summary>
/// <param name="PublishableKey">Key of clients.</param>
/// <param name="SecretKey">Key of servers.</param>
/// <param name="AnonKey">The JWT of role <c>anon</c>, which the publishable key stands for.</param>
/// <param name="ServiceRoleKey">The JWT of role <c>service_role</c>, which the secret key stands for.</param>
public sealed record GatewayKeys(string PublishableKey, Secret SecretKey, string AnonKey, Secret ServiceRoleKey);

/// <summary>A service that cannot be run on this machine as it is.</summary>
/// <param name="Name">The service's name.</param>
/// <param name="Route">The first part of the path that would be routed to it; null for none.</param>
/// <param name="Remedy">What makes it available, as an imperative sentence.</param>
public sealed record MissingService(string Name, string? Route, string Remedy)
{
    /// <summary>The first parts of further paths that would be routed to it.</summary>
    public IReadOnlyList<string> FurtherRoutes { get; init; } = [];

    /// <summary>A service of which it is known how it would be reached.</summary>
    internal static MissingService Of(string name, ServiceRoute? route, string remedy) =>
        new(name, route?.Path, remedy) { FurtherRoutes = route?.Further is { Count: > 0 } further ? [.. further.Select(other => other.Path)] : [] };
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, Converters = [typeof(SecretText)])]
[JsonSerializable(typeof(ServicePlan))]
internal sealed partial class ServicePlanJson : JsonSerializerContext;
