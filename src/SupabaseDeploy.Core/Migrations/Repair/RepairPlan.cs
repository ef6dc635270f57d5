using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Migrations;

/// <summary>The smallest repair of what a folder and a history say differently. A value: it is shown, and then done.</summary>
/// <param name="Actions">What to do, in order.</param>
/// <param name="Left">What does not fit and only a person can decide, in words, with what to do.</param>
public sealed record RepairPlan(IReadOnlyList<RepairAction> Actions, IReadOnlyList<string> Left)
{
    /// <summary>Makes rows say what is asked for, without running anything.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.RepairNotPossible"/>.</exception>
    internal static RepairPlan ForStatus(RepairRequest request, RepairState state)
    {
        string[] known = [.. state.History.Select(row => row.Version).Union(state.Files.Select(file => file.Version)).Order(StringComparer.Ordinal)];
        var actions = new List<RepairAction>();
        foreach (string pattern in request.Versions)
        {
            string[] versions = [.. known.Where(version => NamePattern.Matches(version, pattern))];
            if (versions.Length == 0)
            {
                throw new DeployException(
                    ErrorTable.RepairNotPossible,
                    $"Version '{pattern}' is neither in the history nor in '{request.Folder}'.",
                    "Give a version that 'Get-Migration' lists.",
                    pattern);
            }

            actions.AddRange(versions.Select(version => request.Status == RepairStatus.Applied ? MarkApplied(version, state) : MarkReverted(version, state)).OfType<RepairAction>());
        }

        return new([.. actions.Distinct()], []);
    }

    /// <summary>Repairs what does not fit.</summary>
    internal static RepairPlan ForFindings(RepairRequest request, RepairState state)
    {
        var versions = new LaterVersions(state);
        var actions = new List<RepairAction>();
        var left = new List<string>();
        foreach (IGrouping<string, MigrationFile> group in state.Files.GroupBy(file => file.Version).Where(group => IsAskedFor(request, group.Key)))
        {
            MigrationFile kept = VersionOwner.Of([.. group], state.Applied);
            foreach (MigrationFile other in group.Where(file => file != kept))
            {
                actions.Add(versions.Rename(other, $"'{kept.FileName}' has version '{kept.Version}' too"));
            }

            RepairFile(kept, state, versions, actions, left);
        }

        foreach (AppliedVersion row in state.History.Where(row => IsAskedFor(request, row.Version) && state.Files.All(file => file.Version != row.Version)))
        {
            RestoreFile(row, request.Folder, state, actions, left);
        }

        return new(actions, left);
    }

    private static bool IsAskedFor(RepairRequest request, string version) =>
        request.Versions.Count == 0 || request.Versions.Any(pattern => NamePattern.Matches(version, pattern));

    private static RepairAction? MarkApplied(string version, RepairState state)
    {
        MigrationFile[] files = [.. state.Files.Where(file => file.Version == version)];
        if (files.Length != 1)
        {
            throw new DeployException(
                ErrorTable.RepairNotPossible,
                files.Length == 0 ? $"Version '{version}' has no file to record." : $"Version '{version}' is used by two files: '{files[0].FileName}' and '{files[1].FileName}'.",
                files.Length == 0 ? "Let 'Repair-Migration' write the file from the history, or get it from version control." : "Run 'Repair-Migration' without -Status first.",
                version);
        }

        AppliedFile? applied = state.Applied.FirstOrDefault(file => file.File == files[0]);
        return applied switch
        {
            null => new RepairAction(RepairKind.MarkApplied, version, $"Record '{files[0].FileName}' as applied, without running it") { Path = files[0].Path },
            { Content: MigrationContent.Same, HasOtherName: false, LacksName: false } => null,
            _ => new RepairAction(RepairKind.MarkApplied, version, $"Record '{files[0].FileName}' as it is now as what was applied") { Path = files[0].Path },
        };
    }

    private static RepairAction? MarkReverted(string version, RepairState state) => state.Row(version) is null
        ? null
        : new RepairAction(RepairKind.MarkReverted, version, $"Take version '{version}' out of the history, without undoing anything");

    private static void RepairFile(MigrationFile file, RepairState state, LaterVersions versions, List<RepairAction> actions, List<string> left)
    {
        AppliedFile? applied = state.Applied.FirstOrDefault(candidate => candidate.File == file);
        switch (applied)
        {
            case null when string.CompareOrdinal(file.Version, state.NewestApplied) < 0:
                actions.Add(versions.Rename(file, $"the newer version '{state.NewestApplied}' is applied already"));
                break;
            case { IsOtherMigration: true }:
                actions.Add(versions.Rename(file, $"version '{file.Version}' is recorded as '{applied.Row.Name}', with other statements"));
                RestoreFile(applied.Row, Path.GetDirectoryName(file.Path)!, state, actions, left);
                break;
            case { LacksName: true } or { LacksStatements: true }:
                actions.Add(new RepairAction(RepairKind.CompleteRow, file.Version, $"Record name and statements of '{file.FileName}' in its row, which lacks them") { Path = file.Path });
                break;
            case { HasOtherName: true }:
                actions.Add(new RepairAction(RepairKind.RenameRow, file.Version, $"Record version '{file.Version}' as '{file.Name}' instead of '{applied.Row.Name}', because its file is '{file.FileName}'") { Path = file.Path });
                break;
        }

        if (applied is { State: MigrationState.Edited })
        {
            left.Add($"'{file.FileName}' was edited after being applied. Take the edit back and write it as a new migration; if the database has it already, run 'Repair-Migration -Version {file.Version} -Status Applied'.");
        }
    }

    private static void RestoreFile(AppliedVersion row, string folder, RepairState state, List<RepairAction> actions, List<string> left)
    {
        string path = Path.Combine(folder, $"{row.Version}_{row.Name}.sql");
        if (string.IsNullOrEmpty(row.Name) || Path.GetFileName(path) != $"{row.Version}_{row.Name}.sql" || !state.HasStatements(row.Version))
        {
            left.Add($"Version '{row.Version}' has no file, and the history does not hold what was applied. Get the file from version control, or run 'Repair-Migration -Version {row.Version} -Status Reverted' if it was taken back.");
            return;
        }

        actions.Add(new RepairAction(RepairKind.RestoreFile, row.Version, $"Write '{Path.GetFileName(path)}' from the statements in the history") { Path = path });
    }
}
