using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.LocalStack;

/// <summary>Installs a package with npm, which checks what it downloads against the registry's digests.</summary>
internal sealed class NpmInstaller(NpmRuntime package, string finalFolder)
{
    /// <summary>What bundles packages (<see href="https://esbuild.github.io/api/#bundle"/>), needed at the installation only.</summary>
    private const string Bundler = "esbuild";
    private const string BundlerVersion = "0.28.2";
    private const string BundleScript = "bundle.mjs";

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
        if (result.ExitCode != 0 || !File.Exists(Path.Combine(folder, "node_modules", package.Package, package.File)))
        {
            string said = ProcessResult.LastLines(result.Error.Length > 0 ? result.Error : result.Output, 6);
            throw new DeployException(
                ErrorTable.RuntimeDownloadFailed,
                $"npm could not install '{package.Package}@{package.Version}' (exit code {result.ExitCode}): {said}",
                $"Check the network and 'npm config get registry'. Without a network, copy folder '{finalFolder}' from a machine of the same kind that has it.",
                package.Name);
        }

        if (package.Bundle is { } bundle)
        {
            sink.Publish(new ActivityProgress(activity, $"Making one file of {package.Package} {package.Version}"));
            await BundleAsync(bundle, folder, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What npm is called with.</summary>
    internal static IReadOnlyList<string> Arguments(NpmRuntime package, string folder) =>
    [
        "install", "--prefix", folder, "--no-save", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier",
        $"{package.Package}@{package.Version}",
        .. package.Bundle is null ? (string[])[] : [$"{Bundler}@{BundlerVersion}"],
    ];

    private async Task BundleAsync(NpmBundle bundle, string folder, CancellationToken cancellationToken)
    {
        string node = ProgramSearch.Find("node") ?? throw new DeployException(
            ErrorTable.ProgramNotFound,
            $"Runtime '{package.Name}' is run by Node.js, which was not found.",
            "Install Node.js 20 or later (https://nodejs.org), and put its folder on PATH.",
            package.Name);
        string script = Path.Combine(folder, BundleScript);
        await File.WriteAllTextAsync(script, EmbeddedText.Read(BundleScript), cancellationToken).ConfigureAwait(false);
        var work = new BundleWork($"./node_modules/{package.Package}/{package.File}", $"./{package.Entry}", bundle.External, bundle.Off);
        var request = new ProcessRequest(node, [script, JsonSerializer.Serialize(work, BundleWorkJson.Default.BundleWork)]) { WorkingDirectory = folder };
        (await ChildProcess.RunAsync(request, cancellationToken).ConfigureAwait(false)).EnsureSuccess(request);
        File.Delete(script);
        Directory.Delete(Path.Combine(folder, "node_modules", Bundler), recursive: true);
        Directory.Delete(Path.Combine(folder, "node_modules", "@" + Bundler), recursive: true);
    }

    /// <summary>Where packages come from and how they are reached is the machine's to say.</summary>
    internal static IReadOnlyDictionary<string, string?> NetworkVariables(IDictionary ours) => ours.Cast<DictionaryEntry>()
        .Where(entry => IsOfTheNetwork((string)entry.Key))
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value);

    private static bool IsOfTheNetwork(string variable) =>
        variable.StartsWith("npm_config_", StringComparison.OrdinalIgnoreCase)
        || variable.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)
        || variable is "NODE_EXTRA_CA_CERTS" or "SSL_CERT_FILE" or "SSL_CERT_DIR";
}

/// <summary>What <c>bundle.mjs</c> is told.</summary>
internal sealed record BundleWork(string Entry, string Output, IReadOnlyList<string> External, IReadOnlyDictionary<string, string> Off);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(BundleWork))]
internal sealed partial class BundleWorkJson : JsonSerializerContext;
