namespace SupabaseDeploy.Postgres;

/// <summary>Reads what <c>apt-cache depends --recurse</c> prints.</summary>
internal static class PackageDependencies
{
    /// <summary>
    /// The packages to unpack so that the programs of <paramref name="roots"/> run: those, and the libraries they need that are not
    /// installed. Of alternatives an installed one is enough, else the first is taken. Packages that are no libraries
    /// (users, locales, cluster management) are for servers that the system runs.
    /// </summary>
    /// <param name="depends">The output: a package's name at the line's start, below it <c>Depends: name</c>, alternatives marked with <c>|</c>.</param>
    /// <param name="roots">The packages that are wanted in any case.</param>
    /// <param name="installed">The names of the packages of this machine.</param>
    public static IReadOnlyList<string> ToUnpack(string depends, IReadOnlyList<string> roots, IReadOnlySet<string> installed)
    {
        Dictionary<string, List<List<string>>> needs = Parse(depends);
        var wanted = new List<string>(roots);
        for (int next = 0; next < wanted.Count; next++)
        {
            IEnumerable<string> missing = needs.GetValueOrDefault(wanted[next], [])
                .Where(alternatives => !alternatives.Exists(installed.Contains))
                .Select(alternatives => alternatives[0])
                .Where(name => IsNeededLibrary(name) && !wanted.Contains(name));
            wanted.AddRange(missing.ToList());
        }

        return wanted.Distinct(StringComparer.Ordinal).ToList();
    }

    // The compiler for queries is as large as all the rest together, and the server runs without it.
    private static bool IsNeededLibrary(string name) =>
        name.StartsWith("lib", StringComparison.Ordinal) && !name.StartsWith("libllvm", StringComparison.Ordinal);

    private static Dictionary<string, List<List<string>>> Parse(string depends)
    {
        var needs = new Dictionary<string, List<List<string>>>(StringComparer.Ordinal);
        List<List<string>> current = [];
        var alternatives = new List<string>();
        foreach (string line in depends.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!char.IsWhiteSpace(line[0]))
            {
                current = needs[line.Trim()] = [];
                continue;
            }

            string[] parts = line.Trim().TrimStart('|').Split(':', 2, StringSplitOptions.TrimEntries);
            if (parts.Length != 2 || parts[0] is not ("Depends" or "PreDepends"))
            {
                continue;
            }

            alternatives.Add(parts[1]);
            if (line.TrimStart()[0] != '|')
            {
                current.Add([.. alternatives]);
                alternatives.Clear();
            }
        }

        return needs;
    }
}
