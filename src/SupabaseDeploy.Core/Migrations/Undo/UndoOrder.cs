using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Migrations;

/// <summary>Decides whether migrations can be taken back, and in which order.</summary>
internal static class UndoOrder
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

    /// <summary>Refuses a history that is not the one that was planned for; null when nothing was.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.UndoPlanOutdated"/>.</exception>
    public static void EnsureAsPlanned(IReadOnlyList<AppliedVersion> history, IReadOnlyList<string>? planned)
    {
        if (planned is not null && !history.Select(row => row.Version).SequenceEqual(planned))
        {
            throw new DeployException(
                ErrorTable.UndoPlanOutdated,
                $"The history has changed since the undo was planned: the newest version is '{(history.Count > 0 ? history[^1].Version : "none")}' now. Nothing was run.",
                "Run the command again, and look at what it says will go.");
        }
    }

    private static string? Problem(string version, MigrationFile? file, HashSet<string> applied) => file switch
    {
        _ when !applied.Contains(version) => $"'{version}' is not applied",
        null => $"'{version}' has no file",
        { DownPath: null } => $"'{file.FileName}' has no down script{DownFolder.Misnamed(file)}",
        _ => null,
    };
}
