using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Docker.DotNet.Models;
using Secret = SupabaseDeploy.Environments.Secret;

namespace SupabaseDeploy.LocalStack;

/// <summary>One container of a stack with nothing left to be filled in or chosen.</summary>
internal sealed record DockerContainer
{
    /// <summary>How often the engine starts it again when it fails, with pauses that grow.</summary>
    public const int Attempts = 5;

    private const string LoopbackAddress = "127.0.0.1";

    public required DockerService Service { get; init; }

    /// <summary>The container's name.</summary>
    public required string Name { get; init; }

    /// <summary>The image, with registry and tag.</summary>
    public required string Image { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The bearer token that its health needs; null for none.</summary>
    public string? HealthToken { get; init; }

    /// <summary>The ports of this machine that lead to those of the container, by the container's.</summary>
    public required IReadOnlyDictionary<int, int> Ports { get; init; }

    /// <summary>With the volumes' full names.</summary>
    public required IReadOnlyList<DockerMount> Mounts { get; init; }

    public required string Network { get; init; }

    /// <summary>Lines for its hosts file: <c>name:address</c>.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>The port of this machine that leads to the service.</summary>
    public int Port => PortNamed(ServiceDefinition.MainPort);

    /// <summary>The port of this machine that leads to its health.</summary>
    public int HealthPort => PortNamed(Service.HealthPort);

    /// <summary>The port of this machine that leads to one of the service's.</summary>
    public int PortNamed(string name) => Ports[Service.Ports[name]];

    /// <summary>
    /// Says whether a container is the one that is wanted. Keyed, because labels can be read by everybody who can use the engine, and the
    /// variables hold secrets.
    /// </summary>
    public string Digest(Secret key)
    {
        var text = new StringBuilder();
        foreach (string part in (IEnumerable<string>)
            [
                Image, Network, Service.StopSignal ?? "", "command", .. Service.Command, "aliases", .. Service.Aliases, "hosts", .. Hosts, "environment",
                .. Environment.OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => $"{variable.Key}={variable.Value}"),
                "ports", .. Ports.OrderBy(port => port.Key).Select(port => $"{port.Key}={port.Value}"),
                "mounts", .. Mounts.Select(mount => mount.ToString()),
            ])
        {
            text.Append(part).Append('\0');
        }

        return Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key.Reveal()), Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>What the engine is asked to make.</summary>
    public CreateContainerParameters ToParameters(DockerNames names, Secret key)
    {
        Dictionary<string, string> labels = names.Labels();
        labels[DockerNames.ServiceLabel] = Service.Name;
        labels[DockerNames.DefinitionLabel] = Digest(key);
        labels[DockerNames.PortLabel] = Port.ToString(CultureInfo.InvariantCulture);
        labels[DockerNames.OptionalLabel] = Service.IsOptional ? "true" : "false";
        return new CreateContainerParameters
        {
            Name = Name,
            Image = Image,
            Hostname = Service.Name,
            Cmd = Service.Command.Count == 0 ? null! : [.. Service.Command],
            Env = [.. Environment.Select(variable => $"{variable.Key}={variable.Value}")],
            ExposedPorts = Ports.Keys.ToDictionary(PortName, _ => default(EmptyStruct)),
            Labels = labels,
            StopSignal = Service.StopSignal,
            StopTimeout = Service.StopLimit,
            HostConfig = new HostConfig
            {
                NetworkMode = Network,
                PortBindings = Ports.ToDictionary(
                    port => PortName(port.Key),
                    port => (IList<PortBinding>)[new PortBinding { HostIP = LoopbackAddress, HostPort = port.Value.ToString(CultureInfo.InvariantCulture) }]),
                Mounts = [.. Mounts.Select(ToMount)],
                ExtraHosts = [.. Hosts],
                // Folders of the project are not relabelled for a container's sake (SELinux).
                SecurityOpt = Mounts.Any(mount => mount.IsFolder) ? ["label=disable"] : [],
                RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.OnFailure, MaximumRetryCount = Attempts },
                LogConfig = new LogConfig { Type = "json-file", Config = new Dictionary<string, string> { ["max-size"] = "10m", ["max-file"] = "3" } },
            },
            NetworkingConfig = new NetworkingConfig
            {
                EndpointsConfig = new Dictionary<string, EndpointSettings> { [Network] = new() { Aliases = [Service.Name, .. Service.Aliases] } },
            },
        };
    }

    private static string PortName(int port) => string.Create(CultureInfo.InvariantCulture, $"{port}/tcp");

    private static Mount ToMount(DockerMount mount) => new()
    {
        Type = mount.IsFolder ? "bind" : "volume",
        Source = mount.Source,
        Target = mount.Target,
        ReadOnly = mount.IsFolder,
    };
}
