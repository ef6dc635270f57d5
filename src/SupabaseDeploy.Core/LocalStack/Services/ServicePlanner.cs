using System.Globalization;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Turns definitions into a plan: programs found, ports chosen, values filled in.</summary>
/// <param name="definitions">What there is, each after those it depends on.</param>
/// <param name="runtimes">What was installed.</param>
/// <param name="findProgram">Finds a program by its name on PATH.</param>
/// <param name="sink">Told of ports that had to change, and of services that were chosen and cannot run.</param>
internal sealed class ServicePlanner(
    IReadOnlyList<ServiceDefinition> definitions, InstalledRuntimes runtimes, Func<string, string?> findProgram, IProgressSink sink)
{
    private const string NotChosen = "It is not among the services that were chosen: run 'Start-LocalStack -Service *' for all.";

    // Every plan of this object gives a service the same ports.
    private readonly Dictionary<string, int> _ports = [];
    private readonly HashSet<string> _told = [];

    /// <summary>The plan of a stack.</summary>
    /// <param name="context">The stack.</param>
    /// <param name="before">The plan of the last start, whose ports are kept.</param>
    /// <param name="running">Names of services that run now, and so hold their ports themselves.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<ServicePlan> PlanAsync(
        ServiceContext context, ServicePlan before, IReadOnlyCollection<string> running, CancellationToken cancellationToken)
    {
        var found = new List<FoundService>();
        var missing = new List<MissingService>();
        foreach (ServiceDefinition definition in definitions.Where(definition => definition.IsWanted(context)))
        {
            if (context.Chosen?.Contains(definition.Name) == false)
            {
                missing.Add(MissingService.Of(definition.Name, definition.Route, NotChosen));
            }
            else if (Find(definition) is { } program)
            {
                PlannedService? last = before.Services.FirstOrDefault(known => known.Name == definition.Name);
                Dictionary<string, int> ports = await PortsOfAsync(definition, context, last, running.Contains(definition.Name), cancellationToken).ConfigureAwait(false);
                found.Add(new FoundService(definition, program.File, program.Package, ports));
            }
            else
            {
                missing.Add(MissingService.Of(definition.Name, definition.Route, Remedy(definition)));
                if (WhyMissed(definition, context) is { } why && _told.Add(definition.Name))
                {
                    sink.Publish(new Caution($"Service '{definition.Name}' {why}. {Remedy(definition)}"));
                }
            }
        }

        LocalKeys keys = context.Keys;
        return new ServicePlan(
            [.. found.Select(service => Plan(service, context, found))],
            missing,
            new GatewayKeys(keys.PublishableKey, keys.SecretKey, keys.AnonKey, keys.ServiceRoleKey))
        {
            MailTemplates = MailTemplates.FilesFor(found.Select(service => service.Definition.Name), context.Configuration, context.Environment.Project),
        };
    }

    private static PlannedService Plan(FoundService service, ServiceContext context, IReadOnlyList<FoundService> all)
    {
        (ServiceDefinition definition, string file, string? package, IReadOnlyDictionary<string, int> ports) = service;
        ServiceValues values = ServiceValues.Of(context);
        values["package"] = package ?? "";
        values["programFolder"] = Path.GetDirectoryName(RealPath.Of(file)) ?? "";
        foreach ((string name, int port) in ports)
        {
            values[name] = port.ToString(CultureInfo.InvariantCulture);
        }

        foreach (FoundService other in all)
        {
            foreach ((string name, int port) in other.Ports)
            {
                values[$"{other.Definition.Name}.{name}"] = port.ToString(CultureInfo.InvariantCulture);
            }
        }

        IEnumerable<KeyValuePair<string, string>> environment = definition.Environment.Concat(
            definition.EnvironmentWith.Where(with => all.Any(other => other.Definition.Name == with.Key)).SelectMany(with => with.Value));
        return new PlannedService
        {
            Name = definition.Name,
            FileName = file,
            Arguments = [.. definition.Arguments.Select(values.Fill)],
            Environment = Merge(environment.Select(variable => KeyValuePair.Create(variable.Key, values.Fill(variable.Value))), definition.EnvironmentOf(context)),
            WorkingFolder = context.Folder.Root,
            Port = ports[ServiceDefinition.MainPort],
            FurtherPorts = definition.FurtherPorts.ToDictionary(name => name, name => ports[name]),
            HealthPath = definition.HealthPath,
            HealthPort = definition.HealthPort == ServiceDefinition.MainPort ? null : ports[definition.HealthPort],
            HealthToken = definition.HealthToken is { } token ? values.Fill(token) : null,
            Route = definition.Route,
            DependsOn = definition.DependsOn,
            IsOptional = definition.IsOptional,
            LogFile = context.Folder.LogOf(definition.Name),
            Version = package is null ? null : definition.Package!.Version,
        };
    }

    /// <summary>Variables of which later ones go before earlier ones of the same name.</summary>
    private static Dictionary<string, string> Merge(IEnumerable<KeyValuePair<string, string>> variables, IReadOnlyDictionary<string, string> over)
    {
        var merged = variables.ToDictionary(variable => variable.Key, variable => variable.Value);
        foreach ((string name, string value) in over)
        {
            merged[name] = value;
        }

        return merged;
    }

    /// <summary>The program and, where it comes from a package of ours, the package's folder. What is on PATH is the user's choice and goes first.</summary>
    private (string File, string? Package)? Find(ServiceDefinition definition)
    {
        string? package = definition.Package is null ? null : runtimes.Find(definition.Package);
        if (definition.NeedsPackageFiles && package is null)
        {
            return null;
        }

        if (definition.Programs.Select(findProgram).FirstOrDefault(file => file is not null) is { } onPath)
        {
            return (onPath, package);
        }

        return package is not null && definition.Package!.Program is { } program && File.Exists(Path.Combine(package, program))
            ? (Path.Combine(package, program), package)
            : null;
    }

    /// <summary>Why somebody expects a service whose program is missing; null where nobody does.</summary>
    private string? WhyMissed(ServiceDefinition definition, ServiceContext context) =>
        definition.Package is { } package && runtimes.Find(package) is null && runtimes.HasOther(package)
            ? $"does not run: its program is on this machine as another version of this module installed it, and this one needs {package.Name} {package.Version} as it installs it"
        : context.Chosen is not null ? "was chosen, and its program is not on this machine"
        : null;

    private static string Remedy(ServiceDefinition definition) => definition.Package is null
        ? $"No program of it is published for download: run it with 'Start-LocalStack -Engine Docker', or put a program '{definition.Programs[0]}' on PATH and run 'Start-LocalStack' again."
        : $"Run 'Install-LocalRuntime {definition.Package.Name}', then 'Start-LocalStack'.";

    /// <summary>The ports of a service by name: those of the configuration where they are free, else those it had, else new ones.</summary>
    private async Task<Dictionary<string, int>> PortsOfAsync(
        ServiceDefinition definition, ServiceContext context, PlannedService? before, bool isRunning, CancellationToken cancellationToken)
    {
        var ports = new Dictionary<string, int>();
        foreach (string name in (string[])[ServiceDefinition.MainPort, .. definition.FurtherPorts])
        {
            int? last = name == ServiceDefinition.MainPort ? before?.Port ?? context.LastPortOf(definition.Name) : PortNamed(before, name);
            int? configured = definition.PortKeys.TryGetValue(name, out string? key) ? context.Configuration.Port(key) : null;
            string shown = name == ServiceDefinition.MainPort ? definition.Name : $"{definition.Name} ({name})";
            ports[name] = await PortOfAsync(shown, configured ?? last, last, isRunning, cancellationToken).ConfigureAwait(false);
        }

        return ports;
    }

    private static int? PortNamed(PlannedService? service, string name) =>
        service is not null && service.FurtherPorts.TryGetValue(name, out int port) ? port : null;

    private async Task<int> PortOfAsync(string name, int? wished, int? last, bool isRunning, CancellationToken cancellationToken)
    {
        if (_ports.TryGetValue(name, out int chosen))
        {
            return chosen;
        }

        bool CanBeHad(int? port) => port is { } known && ((isRunning && known == last) || LoopbackPort.IsFree(known));
        int port = CanBeHad(wished) ? wished!.Value : CanBeHad(last) ? last!.Value : LoopbackPort.Choose();
        if (wished is { } taken && port != taken)
        {
            string holder = await PortHolder.DescribeAsync(taken, cancellationToken).ConfigureAwait(false);
            sink.Publish(new Notice($"Port {taken} is taken by {holder}; service '{name}' {(port == last ? "listens on" : "moves to")} port {port}."));
        }

        _ports.Add(name, port);
        return port;
    }

    /// <summary>A service whose program was found.</summary>
    private sealed record FoundService(ServiceDefinition Definition, string File, string? Package, IReadOnlyDictionary<string, int> Ports);
}
