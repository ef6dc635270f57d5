using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>The exact arguments and environment of PostgreSQL's dump programs. Pure; the password is only ever in the environment.</summary>
public static class DumpCommands
{
    /// <summary>pg_dump in directory format, in the snapshot of another session.</summary>
    public static IReadOnlyList<string> Dump(DatabaseAddress database, string folder, string snapshot, int jobs) =>
    [
        "--format=directory",
        "--verbose",
        $"--jobs={jobs}",
        $"--snapshot={snapshot}",
        "--lock-wait-timeout=5min",
        .. Role(database),
        "--no-password",
        $"--file={folder}",
        $"--dbname={Url(database)}",
    ];

    /// <summary>pg_dumpall of the server's roles.</summary>
    /// <param name="database">Any database of the server.</param>
    /// <param name="file">The file to write.</param>
    /// <param name="withPasswords">Only a role that may read <c>pg_authid</c> can have the hashes.</param>
    public static IReadOnlyList<string> DumpRoles(DatabaseAddress database, string file, bool withPasswords) =>
    [
        "--roles-only",
        .. withPasswords ? (string[])[] : ["--no-role-passwords"],
        .. Role(database),
        "--no-password",
        $"--file={file}",
        $"--database={database.Database}",
        $"--dbname={Url(database)}",
    ];

    /// <summary>pg_restore of a directory into an existing, empty database; the first error ends it.</summary>
    public static IReadOnlyList<string> Restore(DatabaseAddress database, string folder, int jobs) =>
    [
        "--format=directory",
        "--verbose",
        $"--jobs={jobs}",
        "--exit-on-error",
        .. Role(database),
        "--no-password",
        $"--dbname={Url(database)}",
        folder,
    ];

    /// <summary>What the programs find in their environment; the password is there and nowhere else.</summary>
    public static IReadOnlyDictionary<string, string?> Environment(DatabaseAddress database) => new Dictionary<string, string?>
    {
        ["PGPASSWORD"] = database.Password?.Reveal(),
        ["PGAPPNAME"] = "supabase-deploy backup",
        ["PGCONNECT_TIMEOUT"] = "15",
        // Messages are read by us, so they must not be translated.
        ["LC_ALL"] = "C",
    };

    /// <summary>A URL without the password; unlike a plain name, it is never taken for a connection string of another kind.</summary>
    internal static string Url(DatabaseAddress database)
    {
        string host = database.Host.Contains(':', StringComparison.Ordinal) ? $"[{database.Host}]" : Uri.EscapeDataString(database.Host);
        string url = $"postgresql://{Uri.EscapeDataString(database.User)}@{host}:{database.Port}/{Uri.EscapeDataString(database.Database)}";
        if (database.SslMode is null)
        {
            return url;
        }

        url = $"{url}?sslmode={Uri.EscapeDataString(database.SslMode)}";
        return database.RootCertificate is { } authority ? $"{url}&sslrootcert={Uri.EscapeDataString(authority)}" : url;
    }

    private static string[] Role(DatabaseAddress database) => database.Role is { } role ? [$"--role={role}"] : [];
}
