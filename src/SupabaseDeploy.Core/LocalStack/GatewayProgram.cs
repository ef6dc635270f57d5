using System.Globalization;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.LocalStack;

/// <summary>What is run as an environment's gateway, and where it comes from.</summary>
internal static class GatewayProgram
{
    private const string FileName = "SupabaseDeploy.Gateway.dll";

    /// <summary>Where the module keeps the gateway: <c>bin/gateway</c>, seen from <c>bin</c> and from <c>bin/&lt;platform&gt;</c>.</summary>
    public static IReadOnlyList<string> UsualFolders()
    {
        string ours = Path.GetDirectoryName(typeof(GatewayProgram).Assembly.Location)!;
        return [Path.Combine(ours, "gateway"), Path.GetFullPath(Path.Combine(ours, "..", "gateway"))];
    }

    /// <summary>The gateway's DLL.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.GatewayNotFound"/>.</exception>
    public static string Find(IReadOnlyList<string> folders) =>
        folders.Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(File.Exists) ?? throw new DeployException(
            ErrorTable.GatewayNotFound,
            $"The gateway's program '{FileName}' is not in '{string.Join("' nor in '", folders)}'.",
            "Install the module SupabaseDeploy again; in its repository, run './build.sh Build'.");

    /// <summary>The command that serves one environment.</summary>
    public static DetachedProgram For(string dotnet, string gateway, StackFolder folder, string environment, int port) =>
        new(
            dotnet,
            [
                gateway,
                "--web-root", folder.WebRoot,
                "--port", port.ToString(CultureInfo.InvariantCulture),
                "--environment", environment,
                "--state", folder.GatewayStateFile,
                "--log", folder.GatewayLog,
                "--plan", folder.PlanFile,
            ])
        {
            WorkingFolder = folder.Root,
            StreamsFile = folder.GatewayStartLog,
        };
}
