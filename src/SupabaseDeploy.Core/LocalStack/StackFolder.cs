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

    public string GatewayStateFile => Path.Combine(Root, "gateway.json");

    public string GatewayLog => Path.Combine(Root, "log", "gateway.log");

    /// <summary>What the runtime says before the gateway logs for itself.</summary>
    public string GatewayStartLog => Path.Combine(Root, "log", "gateway.start.log");
}
