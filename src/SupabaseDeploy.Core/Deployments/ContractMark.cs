using SupabaseDeploy.Environments;
using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// Tells contracting migrations from the others: by their first line, which goes with the file wherever it goes and is part of its checksum.
/// </summary>
internal static class ContractMark
{
    public const string Line = "-- supabase-deploy: contract";

    /// <summary>Those of the release's migrations that this environment applies only once the release was healthy.</summary>
    public static IReadOnlyList<string> Separated(DeploymentEnvironment environment, Release release, IEnumerable<string> versions)
    {
        if (environment.Migrations.Contract != ContractMigrations.AfterHealth)
        {
            return [];
        }

        Dictionary<string, string> files = release.Migrations.ToDictionary(migration => migration.Version, migration => migration.FileName, StringComparer.Ordinal);
        return [.. versions.Where(version => IsIn(Path.Combine(release.MigrationsFolder, files[version])))];
    }

    // A release that is not stored here any more is refused by the preflight, which says so better.
    private static bool IsIn(string path) => File.Exists(path) && File.ReadLines(path).FirstOrDefault()?.TrimEnd() == Line;
}
