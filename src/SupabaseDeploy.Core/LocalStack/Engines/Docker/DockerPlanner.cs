using System.Globalization;
using System.Net.NetworkInformation;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>Turns the definitions of images into containers and into what the gateway routes to: values filled in, ports chosen.</summary>
internal sealed class DockerPlanner
{
    private readonly DockerNames _names;
    private readonly DockerOptions _options;
    private readonly ServiceContext _context;
    private readonly Dictionary<DockerService, string> _missing = [];
    private IReadOnlyList<DockerService> _services;

    /// <param name="context">The stack.</param>
    /// <param name="names">Its names in Docker.</param>
    /// <param name="keys">Its keys.</param>
    public DockerPlanner(EngineContext context, DockerNames names, LocalKeys keys)
    {
        _names = names;
        _options = context.Docker;
        _context = new ServiceContext
        {
            Environment = context.Environment with { Project = new ProjectFolder(names.Project) },
            Folder = new StackFolder(new ProjectFolder(names.Project).EnvironmentFolder(names.Environment)),
            Configuration = SupabaseConfiguration.Load(context.Environment.Project),
            Database = DockerDatabase.Application(DockerCatalog.DatabasePort, keys) with { Host = DockerCatalog.DatabaseHost },
            Administration = DockerDatabase.Administration(DockerCatalog.DatabasePort, keys) with { Host = DockerCatalog.DatabaseHost },
            Chosen = context.Chosen,
            Keys = keys,
            GatewayPort = 0,
            Machine = ServiceContext.MachineOfContainers,
            // A proxy of this machine is not that of a container, and Docker gives its own.
            Surroundings = new Dictionary<string, string>(),
            GatewayFolder = Path.GetDirectoryName(GatewayProgram.Find(context.GatewayFolders))!,
        };
        _services = DockerCatalog.For(_context);
    }

    public SupabaseConfiguration Configuration => _context.Configuration;

    /// <summary>The services that the project wants and that can be had.</summary>
    public IReadOnlyList<DockerService> Services => _services;

    /// <summary>The address that the machine of the engine has in the stack's network, as soon as there is one.</summary>
    public string? NetworkGateway { get; set; }

    /// <summary>Does without the services whose images cannot be had.</summary>
    /// <param name="images">The images, each with the reason.</param>
    public void LeaveOut(IReadOnlyDictionary<string, string> images)
    {
        foreach (DockerService service in _services.Where(service => images.ContainsKey(ImageOf(service))))
        {
            _missing[service] = images[ImageOf(service)];
        }

        _services = DockerCatalog.WithoutMissing(_services.Except(_missing.Keys));
    }

    /// <summary>Plans some of the services only.</summary>
    public void KeepOnly(Func<DockerService, bool> isKept) => _services = DockerCatalog.WithoutMissing(_services.Where(isKept));

    /// <summary>The names of the volumes that a stack beside another one does not share with it.</summary>
    public IEnumerable<string> OwnVolumes() =>
        VolumesWith("").Where(volume => volume.Length > 0 && volume != _names.SharedVolume(DockerCatalog.KeyVolume));

    /// <summary>The names of all volumes.</summary>
    public IEnumerable<string> VolumesWith(string dataVolume) =>
        _services.SelectMany(service => service.Mounts).Where(mount => !mount.IsFolder).Select(mount => VolumeOf(mount, dataVolume)).Distinct();

    /// <summary>The image of a service.</summary>
    public string ImageOf(DockerService service) => _options.ImageOf(service.Repository, service.Tag);

    /// <summary>
    /// The addresses that the gateway listens on for containers. An engine of this machine has its networks here; one in a virtual
    /// machine (Docker Desktop) leads <c>host-gateway</c> to the loopback address.
    /// </summary>
    public IReadOnlyList<string> GatewayAddresses => NetworkGateway is { } address && IsOfThisMachine(address) ? [address] : [];

    /// <summary>A container.</summary>
    /// <param name="service">Its definition.</param>
    /// <param name="ports">The ports of this machine that lead to it.</param>
    /// <param name="gatewayPort">The gateway's port.</param>
    /// <param name="dataVolume">The volume of the database's data.</param>
    public DockerContainer Plan(DockerService service, IReadOnlyDictionary<int, int> ports, int gatewayPort, string dataVolume)
    {
        ServiceValues values = Values(service, gatewayPort);
        Dictionary<string, string> variables = new(service.Environment);
        foreach ((string name, string value) in service.EnvironmentWith.Where(with => _services.Any(other => other.Name == with.Key)).SelectMany(with => with.Value))
        {
            variables[name] = value;
        }

        Dictionary<string, string> filled = variables.ToDictionary(variable => variable.Key, variable => values.Fill(variable.Value));
        foreach ((string name, string value) in service.EnvironmentOf(_context with { GatewayPort = gatewayPort, GatewayUrl = InnerGatewayUrl(gatewayPort) }))
        {
            filled[name] = value;
        }

        return new DockerContainer
        {
            Service = service,
            Name = _names.Container(service.Name),
            Image = ImageOf(service),
            Environment = filled,
            HealthToken = service.HealthToken is null ? null : values.Fill(service.HealthToken),
            Ports = ports,
            Mounts = [.. service.Mounts.Select(mount => mount.IsFolder ? mount : mount with { Source = VolumeOf(mount, dataVolume) })],
            Network = _names.Network,
            Hosts = [$"{DockerCatalog.GatewayHost}:{GatewayAddresses.FirstOrDefault() ?? "host-gateway"}"],
        };
    }

    /// <summary>What the gateway attends and routes to.</summary>
    public ServicePlan ToServicePlan(IEnumerable<DockerContainer> containers)
    {
        LocalKeys keys = _context.Keys;
        return new ServicePlan(
            [.. containers.Where(container => container.Service.HealthPath is not null).OrderBy(container => container.Service.Name, StringComparer.Ordinal).Select(Attend)],
            [.. _missing.Select(service => MissingService.Of(service.Key.Name, service.Key.Route, $"Its image '{ImageOf(service.Key)}' cannot be pulled: {service.Value}"))],
            new GatewayKeys(keys.PublishableKey, keys.SecretKey, keys.AnonKey, keys.ServiceRoleKey))
        {
            Addresses = GatewayAddresses,
            MailTemplates = MailTemplates.FilesFor(_services.Select(service => service.Name), _context.Configuration, _context.Environment.Project),
        };
    }

    private PlannedService Attend(DockerContainer container)
    {
        DockerService service = container.Service;
        return new PlannedService
        {
            Name = service.Name,
            FileName = null,
            Arguments = [],
            Environment = new Dictionary<string, string>(),
            WorkingFolder = _context.Folder.Root,
            Port = container.Port,
            HealthPath = service.HealthPath!,
            FurtherPorts = service.Ports.Keys.Where(name => name != ServiceDefinition.MainPort).ToDictionary(name => name, container.PortNamed),
            HealthPort = service.HealthPort == ServiceDefinition.MainPort ? null : container.HealthPort,
            HealthToken = container.HealthToken,
            Route = service.Route,
            IsOptional = service.IsOptional,
            LogFile = _context.Folder.LogOf(service.Name),
            Version = service.Tag,
        };
    }

    private ServiceValues Values(DockerService service, int gatewayPort)
    {
        ServiceValues values = ServiceValues.Of(_context with { GatewayPort = gatewayPort });
        values["innerGatewayUrl"] = InnerGatewayUrl(gatewayPort);
        foreach ((string name, int port) in service.Ports)
        {
            values[name] = Text(port);
        }

        foreach ((string prefix, string name, int port) in _services.SelectMany(other => other.Ports.Select(port => (other.Name, port.Key, port.Value))))
        {
            values[$"{prefix}.{name}"] = Text(port);
        }

        return values;
    }

    /// <summary>The gateway, as containers reach it.</summary>
    private static string InnerGatewayUrl(int gatewayPort) => $"http://{DockerCatalog.GatewayHost}:{Text(gatewayPort)}";

    private string VolumeOf(DockerMount mount, string dataVolume) => mount.Source switch
    {
        DockerCatalog.DataVolume => dataVolume,
        DockerCatalog.KeyVolume => _names.SharedVolume(mount.Source),
        string own => _names.Volume(own),
    };

    private static bool IsOfThisMachine(string address) =>
        NetworkInterface.GetAllNetworkInterfaces().Any(card => card.GetIPProperties().UnicastAddresses.Any(known => known.Address.ToString() == address));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
