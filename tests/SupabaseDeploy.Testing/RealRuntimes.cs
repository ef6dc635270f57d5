using SupabaseDeploy.Events;
using SupabaseDeploy.LocalStack;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Testing;

/// <summary>Runtimes as they are installed for users, in a cache folder of the tests' own: other tests are not to find them.</summary>
public static class RealRuntimes
{
    private static readonly StateFolders s_folders = new() { Cache = Path.Combine(StateFolders.OfThisMachine().Cache, "tests") };

    /// <summary>Stacks that have these runtimes, and Node.js.</summary>
    public static Task<LocalStacks> StacksAsync(params string[] names) => StacksAsync([], names);

    /// <summary>Stacks that have these runtimes, Node.js, and some of the programs in <c>tests/stand-ins</c>.</summary>
    public static async Task<LocalStacks> StacksAsync(IReadOnlyList<string> standIns, IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            await InstallAsync(name);
        }

        return new LocalStacks(gatewayFolder: Repository.GatewayFolder)
        {
            Runtimes = new InstalledRuntimes(s_folders.Cache),
            FindProgram = program =>
                standIns.Contains(program) ? Path.Combine(Repository.Root, "tests", "stand-ins", program)
                : program == "node" && names.Contains("meta") ? ProgramSearch.Find(program)
                : null,
        };
    }

    /// <summary>Where these runtimes are.</summary>
    public static async Task<LocalRuntimes> RuntimesAsync(string name)
    {
        await InstallAsync(name);
        return new LocalRuntimes(s_folders);
    }

    public static async Task<LocalRuntime> InstallAsync(string name)
    {
        await NpmPackage.EnsureNpmAsync();
        return await new LocalRuntimes(s_folders).InstallAsync(name, null, NullProgressSink.Instance, CancellationToken.None);
    }
}
