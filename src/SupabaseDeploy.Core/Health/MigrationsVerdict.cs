using SupabaseDeploy.Releases;

namespace SupabaseDeploy.Health;

/// <summary>Compares the versions in a database's history with those it should hold.</summary>
internal static class MigrationsVerdict
{
    private const int Named = 5;

    /// <summary>A missing migration fails: the application that is served relies on it. One too many degrades: nothing that runs knows it.</summary>
    public static Finding AgainstRelease(Release release, IReadOnlyCollection<string> applied)
    {
        string[] wanted = [.. release.Migrations.Select(migration => migration.Version)];
        string[] missing = [.. wanted.Except(applied, StringComparer.Ordinal)];
        string[] unknown = Unknown(wanted, applied);
        return (missing, unknown) switch
        {
            ({ Length: > 0 }, _) => Finding.Failed($"{Count(missing)} missing of release {release}: {List(missing)}.{Also(unknown)}"),
            (_, { Length: > 0 }) => Finding.Degraded($"{Count(unknown)} applied that release {release} does not have: {List(unknown)}."),
            _ => Finding.Healthy($"The {applied.Count} applied migrations are those of release {release}."),
        };
    }

    /// <summary>Without a release there is no promise to keep: what differs from the folder is worth a look, and fails nothing.</summary>
    public static Finding AgainstFolder(string folder, IReadOnlyCollection<string> files, IReadOnlyCollection<string> applied)
    {
        if (files.Count == 0)
        {
            return Finding.Healthy($"{applied.Count} migrations are applied; folder '{folder}' has none to compare with.");
        }

        string[] pending = [.. files.Except(applied, StringComparer.Ordinal)];
        string[] unknown = Unknown(files, applied);
        return (pending, unknown) switch
        {
            ({ Length: > 0 }, _) => Finding.Degraded($"{Count(pending)} pending of folder '{folder}': {List(pending)}.{Also(unknown)}"),
            (_, { Length: > 0 }) => Finding.Degraded($"{Count(unknown)} applied that folder '{folder}' does not have: {List(unknown)}."),
            _ => Finding.Healthy($"All {files.Count} migrations of folder '{folder}' are applied."),
        };
    }

    private static string[] Unknown(IEnumerable<string> wanted, IEnumerable<string> applied) => [.. applied.Except(wanted, StringComparer.Ordinal)];

    private static string Also(string[] unknown) => unknown.Length == 0 ? "" : $" Also applied, and not known there: {List(unknown)}.";

    private static string Count(string[] versions) => versions.Length == 1 ? "1 migration is" : $"{versions.Length} migrations are";

    private static string List(string[] versions) => versions.Length <= Named
        ? string.Join(", ", versions)
        : $"{string.Join(", ", versions.Take(Named))} and {versions.Length - Named} more";
}
