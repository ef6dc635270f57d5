using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace SupabaseDeploy.Loader;

/// <summary>
/// The module's own assembly load context: its dependencies neither meet nor disturb those of PowerShell and other modules.
/// </summary>
public sealed class ModuleLoader : AssemblyLoadContext
{
    private static readonly Lock s_gate = new();
    private static ModuleLoader? s_loaded;

    private readonly AssemblyDependencyResolver _resolver;
    private readonly string _moduleFolder;
    private readonly Assembly _shell;

    private ModuleLoader(string moduleFolder)
        : base("SupabaseDeploy")
    {
        _moduleFolder = moduleFolder;
        string shellPath = ShellPath(Path.Combine(moduleFolder, "bin"));
        _resolver = new AssemblyDependencyResolver(shellPath);
        _shell = LoadFromAssemblyPath(shellPath);
    }

    /// <summary>Loads the shell from <paramref name="moduleFolder"/>, once a process.</summary>
    /// <exception cref="InvalidOperationException">The module was already loaded from another folder: its DLLs would answer.</exception>
    public static Assembly Load(string moduleFolder)
    {
        lock (s_gate)
        {
            s_loaded ??= new ModuleLoader(moduleFolder);
            if (!string.Equals(s_loaded._moduleFolder, moduleFolder, StringComparison.Ordinal))
            {
                throw new InvalidOperationException(
                    $"SupabaseDeploy is already loaded in this process from '{s_loaded._moduleFolder}' and cannot be loaded again from '{moduleFolder}'. Start a new PowerShell session to use the other copy.");
            }

            return s_loaded._shell;
        }
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName) =>
        _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    /// <summary>ReadyToRun code for this platform where it was built, else plain IL (a ReadyToRun DLL of another platform does not load).</summary>
    private static string ShellPath(string bin)
    {
        string precompiled = Path.Combine(bin, RuntimeInformation.RuntimeIdentifier, "SupabaseDeploy.dll");
        return File.Exists(precompiled) ? precompiled : Path.Combine(bin, "SupabaseDeploy.dll");
    }
}
