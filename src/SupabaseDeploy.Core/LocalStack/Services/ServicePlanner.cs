using System.Globalization;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Turns definitions into a plan: programs found, ports chosen, values filled in.</summary>
/// <param name="definitions">What there is, each after those it depends on.</param>
/// <param name="runtimes">What was installed.</param>
/// <param name="findProgram">Finds a program by its name on PATH.</param>
/// <param name="sink">Told of ports that had to change.</param>
internal sealed class ServicePlanner(
    IReadOnlyList<ServiceDefinition> definitions, InstalledRuntimes runtimes, Func<string, string?> findProgram, IProgressSink sink)
{
    // Every plan of this object gives a service the same ports.
    private readonly Dictionary<string, int> _ports = [];

    /// <summary>The plan of a stack.</summary>
    /// <param name="context">The stack.</param>
    /// <param name="before">The plan of the last start, whose ports are kept.</param>
    /// <param name="running">Names of services that run now, and so hold their ports themselves.</param>
    public ServicePlan Plan(ServiceContext context, ServicePlan before, IReadOnlyCollection<string> running)
    {
        var services = new List<PlannedService>();
        var missing = new List<MissingService>();
        foreach (ServiceDefinition definition in definitions.Where(definition => definition.IsWanted(context)))
        {
            if (Find(definition) is { } program)
            {
                services.Add(Plan(definition, program, context, before.Services.FirstOrDefault(known => known.Name == definition.Name), running));
            }
            else
            {
                missing.Add(new MissingService(definition.Name, definition.Route, Remedy(definition)));
            }
        }

        LocalKeys keys = context.Keys;
        return new ServicePlan(
            services, missing, new GatewayKeys(keys.PublishableKey, keys.SecretKey.Reveal(), keys.AnonKey, keys.ServiceRoleKey.Reveal()));
    }

    private PlannedService Plan(
        ServiceDefinition definition, (string File, string? Package) program, ServiceContext context, PlannedService? before, IReadOnlyCollection<string> running)
    {
        bool isRunning = running.Contains(definition.Name);
        int port = PortOf(definition.Name, before?.Port, isRunning);
        int? adminPort = definition.IsHealthOnAdminPort ? PortOf($"{definition.Name} (health)", before?.HealthPort, isRunning) : null;
        var values = ServiceValues.Of(context);
        values["port"] = port.ToString(CultureInfo.InvariantCulture);
        values["adminPort"] = (adminPort ?? port).ToString(CultureInfo.InvariantCulture);
        values["package"] = program.Package ?? "";
        values["programFolder"] = Path.GetDirectoryName(RealPath.Of(program.File)) ?? "";
        return new PlannedService
        {
            Name = definition.Name,
            FileName = program.File,
            Arguments = [.. definition.Arguments.Select(values.Fill)],
            Environment = definition.Environment.ToDictionary(variable => variable.Key, variable => values.Fill(variable.Value)),
            WorkingFolder = context.Folder.Root,
            Port = port,
            HealthPath = definition.HealthPath,
            HealthPort = adminPort,
            Route = definition.Route,
            RoutedAs = definition.RoutedAs,
            Access = definition.Access,
            OpenPaths = definition.OpenPaths,
            DependsOn = definition.DependsOn,
            IsOptional = definition.IsOptional,
            LogFile = context.Folder.LogOf(definition.Name),
            Version = program.Package is null ? null : definition.Package!.Version,
        };
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

    private static string Remedy(ServiceDefinition definition) => definition.Package is null
        ? $"Install '{definition.Programs[0]}' and put its folder on PATH, then run 'Start-LocalStack'."
        : $"Run 'Install-LocalRuntime {definition.Package.Name}', then 'Start-LocalStack'.";

    private int PortOf(string name, int? before, bool isRunning)
    {
        if (_ports.TryGetValue(name, out int chosen))
        {
            return chosen;
        }

        int port = before switch
        {
            null => LoopbackPort.Choose(),
            int kept when isRunning || LoopbackPort.IsFree(kept) => kept,
            int taken => Moved(name, taken),
        };
        _ports.Add(name, port);
        return port;
    }

    private int Moved(string name, int taken)
    {
        int port = LoopbackPort.Choose();
        sink.Publish(new Notice($"Port {taken} is taken by another program; service '{name}' moves to port {port}."));
        return port;
    }
}
