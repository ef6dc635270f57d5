using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>The files of one environment's stack. Only names paths.</summary>
/// <param name="Root">The environment's folder; also where its cluster's pointer is.</param>
internal sealed record StackFolder(string Root)
{
    public static StackFolder Of(DeploymentEnvironment environment) => new(environment.Project.EnvironmentFolder(environment.Name));

    /// <summary>Beside the folder, which may be removed while the lock is held.</summary>
    public string LockFile => Root + ".lock";

    public string StackFile => Path.Combine(Root, "stack.json");

    public string WebRoot => Path.Combine(Root, "web");

    /// <summary>The functions of releases: see <see cref="Targets.Local.FunctionReleases"/>.</summary>
    public string FunctionsRoot => Path.Combine(Root, "functions");

    /// <summary>Says which functions are served; without it those of the project's folder are.</summary>
    public string PublishedFunctions => Path.Combine(FunctionsRoot, "current.json");

    public string GatewayStateFile => Path.Combine(Root, "gateway.json");

    /// <summary>What the gateway runs; mode 0600, because the services' environments hold secrets.</summary>
    public string PlanFile => Path.Combine(Root, "services.json");

    /// <summary>The processes of the running gateway's services.</summary>
    public string ProcessFile => GatewayStateFile + ".processes";

    /// <summary>The stack's keys; mode 0600.</summary>
    public string KeysFile => Path.Combine(Root, "keys.json");

    /// <summary>The ledger while its database is replaced in its own place; mode 0600, because it may hold what people wrote in reasons.</summary>
    public string KeptLedgerFile => Path.Combine(Root, "ledger.kept.json");

    /// <summary>The log of a service.</summary>
    public string LogOf(string service) => Path.Combine(Root, "log", service + ".log");

    public string GatewayLog => Path.Combine(Root, "log", "gateway.log");

    /// <summary>What the runtime says before the gateway logs for itself.</summary>
    public string GatewayStartLog => Path.Combine(Root, "log", "gateway.start.log");
}
