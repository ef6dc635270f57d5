namespace SupabaseDeploy.Host.Engine;

/// <summary>Where modules are found.</summary>
internal static class ModulePath
{
    private const string Variable = "PSModulePath";

    /// <summary>Puts the repository's <c>out</c> folder first, so that <c>Import-Module SupabaseDeploy</c> finds what was built beside this host.</summary>
    public static void IncludeRepository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SupabaseDeploy.slnx")))
        {
            folder = folder.Parent;
        }

        if (folder is null)
        {
            return;
        }

        string modules = Path.Combine(folder.FullName, "out");
        string[] known = Environment.GetEnvironmentVariable(Variable)?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];
        Environment.SetEnvironmentVariable(Variable, string.Join(Path.PathSeparator, known.Except([modules]).Prepend(modules)));
    }
}
