namespace SupabaseDeploy.Postgres;

/// <summary>Finds programs the way a shell does.</summary>
internal static class ProgramSearch
{
    /// <summary>The folders on PATH, those that are absolute, in order.</summary>
    public static IReadOnlyList<string> PathFolders() =>
        (System.Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(Path.IsPathFullyQualified)
            .ToList();

    /// <summary>The program's file; null when there is none.</summary>
    /// <param name="program">A path, which is taken as it is, or a name looked for on PATH and in the system's own folders.</param>
    public static string? Find(string program)
    {
        if (Path.GetFileName(program) != program)
        {
            return FindIn(Path.GetDirectoryName(Path.GetFullPath(program))!, Path.GetFileName(program));
        }

        // setpriv, runuser and chown are in folders that a service's PATH may lack.
        IEnumerable<string> folders = OperatingSystem.IsWindows() ? PathFolders() : [.. PathFolders(), "/usr/bin", "/bin", "/usr/sbin", "/sbin"];
        return folders.Select(folder => FindIn(folder, program)).FirstOrDefault(file => file is not null);
    }

    /// <summary>The program's file in <paramref name="folder"/>, with <c>.exe</c> where the system wants it; null when there is none.</summary>
    public static string? FindIn(string folder, string program)
    {
        string file = Path.Combine(folder, program);
        if (OperatingSystem.IsWindows() && !File.Exists(file))
        {
            file += ".exe";
        }

        return File.Exists(file) ? file : null;
    }
}
