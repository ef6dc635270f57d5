using System.Collections;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>Programs that tests need, from Debian's packages where the machine lacks them.</summary>
public static class DebianProgram
{
    // Two test programs at once would wait for each other's apt without knowing it.
    private static readonly SemaphoreSlim s_one = new(1);

    /// <summary>The program's path. The packages are installed one after the other until it is there.</summary>
    /// <exception cref="FileNotFoundException">None of them brings it.</exception>
    public static async Task<string> FindOrInstallAsync(string program, params IReadOnlyList<string> packages)
    {
        await s_one.WaitAsync();
        try
        {
            if (ProgramSearch.Find(program) is { } found)
            {
                return found;
            }

            await InstallAsync("apt-get", ["update", "-q", "-o", "DPkg::Lock::Timeout=120"]);
            foreach (string package in packages)
            {
                await InstallAsync("apt-get", ["install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", package]);
                if (ProgramSearch.Find(program) is { } installed)
                {
                    return installed;
                }
            }
        }
        finally
        {
            s_one.Release();
        }

        throw new FileNotFoundException($"Program '{program}' was not found, and package '{string.Join("', '", packages)}' does not bring it.");
    }

    /// <summary>Runs a program that installs something.</summary>
    public static async Task InstallAsync(string program, params IReadOnlyList<string> arguments)
    {
        var environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(entry => IsOfTheNetwork((string)entry.Key))
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value);
        environment["DEBIAN_FRONTEND"] = "noninteractive";
        var request = new ProcessRequest(program, arguments) { Environment = environment };
        (await ChildProcess.RunAsync(request, CancellationToken.None)).EnsureSuccess(request);
    }

    // Where packages come from and how they are reached is the machine's to say.
    private static bool IsOfTheNetwork(string variable) =>
        variable.StartsWith("npm_config_", StringComparison.OrdinalIgnoreCase)
        || variable.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)
        || variable.StartsWith("NUGET_", StringComparison.OrdinalIgnoreCase)
        || variable is "NODE_EXTRA_CA_CERTS" or "SSL_CERT_FILE" or "SSL_CERT_DIR" or "APT_CONFIG";
}
