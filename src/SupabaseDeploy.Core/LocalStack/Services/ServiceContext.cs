using System.Collections;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>What the services of one stack are planned from.</summary>
internal sealed record ServiceContext
{
    public required DeploymentEnvironment Environment { get; init; }

    public required StackFolder Folder { get; init; }

    public required SupabaseConfiguration Configuration { get; init; }

    /// <summary>The application's database.</summary>
    public required DatabaseAddress Database { get; init; }

    /// <summary>The same database as <c>supabase_admin</c>, for services that are part of the platform.</summary>
    public DatabaseAddress Administration
    {
        get => field ?? Database;
        init;
    }

    /// <summary>Names of the services that are to run; null for all.</summary>
    public IReadOnlyList<string>? Chosen { get; init; }

    /// <summary>The port of a service when it last ran, also where the last plan did not have it.</summary>
    public Func<string, int?> LastPortOf { get; init; } = _ => null;

    public required LocalKeys Keys { get; init; }

    /// <summary>The gateway's port.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>The gateway, as services reach it.</summary>
    public string GatewayUrl
    {
        get => field ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"http://127.0.0.1:{GatewayPort}");
        init;
    }

    /// <summary>The folder of the gateway's program and of what comes with it.</summary>
    public required string GatewayFolder { get; init; }

    /// <summary>What containers know the machine as, and what projects therefore write where a service is to reach a program of theirs.</summary>
    public const string MachineOfContainers = "host.docker.internal";

    /// <summary>The host that this machine is to services.</summary>
    public string Machine { get; init; } = "127.0.0.1";

    /// <summary>The variables of whoever starts the stack.</summary>
    public IDictionary Surroundings { get; init; } = System.Environment.GetEnvironmentVariables();

    /// <summary>The project's folder of edge functions.</summary>
    public string FunctionsFolder => Path.Combine(Environment.Project.Root, "supabase", "functions");
}
