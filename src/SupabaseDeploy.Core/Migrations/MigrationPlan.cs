using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>What a folder and a history say together.</summary>
/// <param name="Pending">Files that are not applied, in order.</param>
/// <param name="MissingFiles">Applied versions that have no file.</param>
internal sealed record MigrationPlan(IReadOnlyList<MigrationFile> Pending, IReadOnlyList<AppliedVersion> MissingFiles)
{
    private const int NamesShown = 5;

    public static MigrationPlan Make(IReadOnlyList<MigrationFile> files, IReadOnlyList<AppliedVersion> history)
    {
        HashSet<string> applied = [.. history.Select(row => row.Version)];
        HashSet<string> local = [.. files.Select(file => file.Version)];
        return new(
            [.. files.Where(file => !applied.Contains(file.Version))],
            [.. history.Where(row => !local.Contains(row.Version))]);
    }

    /// <summary>Refuses pending files older than what is applied, and warns of applied versions without a file.</summary>
    public void Check(IReadOnlyList<AppliedVersion> history, IProgressSink sink)
    {
        if (MissingFiles.Count > 0)
        {
            sink.Publish(new Caution(
                $"{MissingFiles.Count} applied {(MissingFiles.Count == 1 ? "migration has" : "migrations have")} no file here: {Names(MissingFiles.Select(row => row.Version))}."
                + " The database may be ahead of this folder: update the folder from version control."));
        }

        string? newest = history.Count == 0 ? null : history[^1].Version;
        MigrationFile[] late = [.. Pending.Where(file => string.CompareOrdinal(file.Version, newest) < 0)];
        if (late.Length > 0)
        {
            throw new DeployException(
                ErrorTable.MigrationOutOfOrder,
                $"{Names(late.Select(file => $"'{file.FileName}'"))} would run after the newer version '{newest}', which is applied already. Nothing was run.",
                "Rename the file with a version later than that, so that every database runs the files in the same order.",
                late[0]);
        }
    }

    private static string Names(IEnumerable<string> names)
    {
        string[] all = [.. names];
        string shown = string.Join(", ", all.Take(NamesShown));
        return all.Length <= NamesShown ? shown : $"{shown} and {all.Length - NamesShown} more";
    }
}
