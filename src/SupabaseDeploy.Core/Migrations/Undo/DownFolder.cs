namespace SupabaseDeploy.Migrations;

/// <summary>The folder <c>down</c> beside the migrations, where each script has the name of the migration that it takes back.</summary>
internal static class DownFolder
{
    /// <summary>Ends the sentence that <paramref name="file"/> has no down script, where one of its version has another name; else empty.</summary>
    public static string Misnamed(MigrationFile file)
    {
        string folder = PathOf(file);
        string[] others = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, $"{file.Version}_*.sql").Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)] : [];
        return others.Length == 0 ? "" : $" (rename 'down/{others[0]}' to 'down/{file.FileName}': a down script has the name of its migration)";
    }

    /// <summary>Scripts that belong to no migration, by their names; they never run.</summary>
    public static IReadOnlyList<string> Strays(string migrations, IReadOnlyList<MigrationFile> files)
    {
        string folder = Path.Combine(migrations, "down");
        HashSet<string> known = [.. files.Select(file => file.FileName)];
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.sql").Select(Path.GetFileName).OfType<string>().Where(name => !known.Contains(name)).Order(StringComparer.Ordinal)]
            : [];
    }

    private static string PathOf(MigrationFile file) => Path.Combine(Path.GetDirectoryName(file.Path)!, "down");
}
