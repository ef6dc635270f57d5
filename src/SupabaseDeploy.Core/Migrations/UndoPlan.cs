using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Migrations;

/// <summary>Decides whether migrations can be taken back, and in which order.</summary>
internal static class UndoPlan
{
    /// <summary>The files of <paramref name="versions"/>, newest first.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.MigrationNotUndoable"/> with every reason at once.</exception>
    public static IReadOnlyList<MigrationFile> Make(
        IReadOnlyList<MigrationFile> files, IReadOnlyList<AppliedVersion> history, IReadOnlyList<string> versions)
    {
        Dictionary<string, MigrationFile> byVersion = files.ToDictionary(file => file.Version);
        HashSet<string> applied = [.. history.Select(row => row.Version)];
        string[] problems = [.. versions.Select(version => Problem(version, byVersion.GetValueOrDefault(version), applied)).OfType<string>()];
        if (problems.Length > 0)
        {
            throw new DeployException(
                ErrorTable.MigrationNotUndoable,
                $"The migrations cannot be undone: {string.Join("; ", problems)}. Nothing was run.",
                "Write the missing 'down/<version>_<name>.sql', or restore a backup instead.",
                versions);
        }

        return [.. versions.Distinct().OrderDescending(StringComparer.Ordinal).Select(version => byVersion[version])];
    }

    private static string? Problem(string version, MigrationFile? file, HashSet<string> applied) => file switch
    {
        _ when !applied.Contains(version) => $"'{version}' is not applied",
        null => $"'{version}' has no file",
        { DownPath: null } => $"'{file.FileName}' has no down script",
        _ => null,
    };
}
