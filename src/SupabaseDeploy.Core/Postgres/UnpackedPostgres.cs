namespace SupabaseDeploy.Postgres;

/// <summary>Debian packages of PostgreSQL unpacked into a folder of the cache.</summary>
/// <param name="Folder">The folder they were unpacked into; it stands for the root of the file system.</param>
internal sealed record UnpackedPostgres(string Folder)
{
    /// <summary>What a finished folder's name begins with; an unfinished one is called otherwise.</summary>
    public const string Prefix = "postgresql-";

    /// <summary>The programs. PostgreSQL finds its other files relative to them.</summary>
    public string BinFolder
    {
        get
        {
            string versions = Path.Combine(Folder, "usr", "lib", "postgresql");
            string? newest = Directory.Exists(versions)
                ? Directory.GetDirectories(versions).MaxBy(folder => int.TryParse(Path.GetFileName(folder), out int major) ? major : 0)
                : null;
            return Path.Combine(newest ?? versions, "bin");
        }
    }

    /// <summary>Every folder that holds shared libraries which programs link to.</summary>
    public IReadOnlyList<string> LibraryFolders =>
        new[] { Path.Combine(Folder, "usr", "lib"), Path.Combine(Folder, "lib") }
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.GetDirectories(folder).Prepend(folder))
            .Where(folder => Directory.EnumerateFiles(folder, "lib*.so*").Any())
            .Order(StringComparer.Ordinal)
            .ToList();

    /// <summary>The finished ones below <paramref name="downloads"/>.</summary>
    public static IReadOnlyList<UnpackedPostgres> In(string downloads) =>
        Directory.Exists(downloads)
            ? Directory.GetDirectories(downloads, Prefix + "*").Order(StringComparer.Ordinal).Select(folder => new UnpackedPostgres(folder)).ToList()
            : [];
}
