using System.Collections;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Installs a package with npm, which checks what it downloads against the registry's digests.</summary>
internal sealed class NpmInstaller(NpmRuntime package, string finalFolder)
{
    public async Task InstallAsync(string folder, string activity, IProgressSink sink, CancellationToken cancellationToken)
    {
        if (ProgramSearch.Find("npm") is not { } npm)
        {
            throw new DeployException(
                ErrorTable.ProgramNotFound,
                $"Runtime '{package.Name}' comes from npm, which was not found.",
                "Install Node.js 20 or later with npm (https://nodejs.org), and put its folder on PATH.",
                package.Name);
        }

        sink.Publish(new ActivityProgress(activity, $"Getting {package.Package} {package.Version} with npm"));
        var request = new ProcessRequest(npm, Arguments(package, folder))
        {
            Environment = NetworkVariables(Environment.GetEnvironmentVariables()),
            WorkingDirectory = folder,
            LineReceived = line => sink.Publish(new Detail(line)),
        };
        ProcessResult result = await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0 || !File.Exists(Path.Combine(folder, package.Entry)))
        {
            string said = ProcessResult.LastLines(result.Error.Length > 0 ? result.Error : result.Output, 6);
            throw new DeployException(
                ErrorTable.RuntimeDownloadFailed,
                $"npm could not install '{package.Package}@{package.Version}' (exit code {result.ExitCode}): {said}",
                $"Check the network and 'npm config get registry'. Without a network, copy folder '{finalFolder}' from a machine of the same kind that has it.",
                package.Name);
        }
    }

    /// <summary>What npm is called with.</summary>
    internal static IReadOnlyList<string> Arguments(NpmRuntime package, string folder) =>
    [
        "install", "--prefix", folder, "--no-save", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier",
        $"{package.Package}@{package.Version}",
    ];

    /// <summary>Where packages come from and how they are reached is the machine's to say.</summary>
    internal static IReadOnlyDictionary<string, string?> NetworkVariables(IDictionary ours) => ours.Cast<DictionaryEntry>()
        .Where(entry => IsOfTheNetwork((string)entry.Key))
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value);

    private static bool IsOfTheNetwork(string variable) =>
        variable.StartsWith("npm_config_", StringComparison.OrdinalIgnoreCase)
        || variable.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)
        || variable is "NODE_EXTRA_CA_CERTS" or "SSL_CERT_FILE" or "SSL_CERT_DIR";
}
