namespace SupabaseDeploy.Postgres;

/// <summary>A path without symbolic links in any part of it, as the system itself calls it.</summary>
internal static class RealPath
{
    public static string Of(string path)
    {
        string full = Path.GetFullPath(path);
        string real = Path.GetPathRoot(full)!;
        foreach (string part in full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            // What is not there is no link, nor is anything below it.
            real = Path.Exists(real) ? Directory.ResolveLinkTarget(real, returnFinalTarget: true)?.FullName ?? real : real;
        }

        return real;
    }
}
