using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>What a folder and a history say together.</summary>
/// <param name="History">The history.</param>
/// <param name="Applied">Files that are applied, and how they compare with what was applied.</param>
/// <param name="Pending">Files that are not applied, in order.</param>
/// <param name="MissingFiles">Applied versions that have no file.</param>
internal sealed record MigrationPlan(
    IReadOnlyList<AppliedVersion> History, IReadOnlyList<AppliedFile> Applied, IReadOnlyList<MigrationFile> Pending, IReadOnlyList<AppliedVersion> MissingFiles)
{
    private const int NamesShown = 5;

    /// <summary>The newest applied version; null when there is none.</summary>
    public string? NewestApplied => History.Count == 0 ? null : History[^1].Version;

    /// <summary>Pending files that would run after a newer one.</summary>
    public IEnumerable<MigrationFile> OutOfOrder => Pending.Where(file => string.CompareOrdinal(file.Version, NewestApplied) < 0);

    /// <summary>Reads the history and compares the files with it. Changes nothing.</summary>
    public static async Task<MigrationPlan> ReadAsync(NpgsqlConnection connection, IReadOnlyList<MigrationFile> files, CancellationToken cancellationToken)
    {
        IReadOnlyList<AppliedVersion> history = await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        return Make(history, files, await AppliedFile.CompareAsync(connection, files, history, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The plan of what was read.</summary>
    public static MigrationPlan Make(IReadOnlyList<AppliedVersion> history, IReadOnlyList<MigrationFile> files, IReadOnlyList<AppliedFile> applied)
    {
        HashSet<string> recorded = [.. history.Select(row => row.Version)];
        HashSet<string> local = [.. files.Select(file => file.Version)];
        return new(
            history,
            applied,
            [.. files.Where(file => !recorded.Contains(file.Version))],
            [.. history.Where(row => !local.Contains(row.Version))]);
    }

    /// <summary>Refuses what would leave the database other than the files say, and warns of what is odd but harms nobody today.</summary>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.MigrationVersionTaken"/>, <see cref="ErrorTable.AppliedMigrationEdited"/> or <see cref="ErrorTable.MigrationOutOfOrder"/>.
    /// </exception>
    public void Check(MigrationRequest request, IProgressSink sink)
    {
        RefuseTakenVersions();
        RefuseOrTellOfEdits(request.RefuseEdited, sink);
        TellOfNames(sink);
        TellOfMissingFiles(sink);
        if (!request.IncludeOutOfOrder)
        {
            RefuseOutOfOrder();
        }
    }

    private void RefuseTakenVersions()
    {
        AppliedFile[] taken = [.. Applied.Where(file => file.IsOtherMigration)];
        if (taken.Length > 0)
        {
            throw new DeployException(
                ErrorTable.MigrationVersionTaken,
                $"{Names(taken.Select(file => $"'{file.File.FileName}'"))} was never applied: version '{taken[0].File.Version}' is recorded as '{taken[0].Row.Name}', with other statements. Nothing was run.",
                "Let 'Repair-Migration' give the file a version of its own, or rename it.",
                taken[0].File);
        }
    }

    private void RefuseOrTellOfEdits(bool refuse, IProgressSink sink)
    {
        const string Remedy = "Take the edit back and write it as a new migration; if the database has it already, record it with 'Repair-Migration -Version <version> -Status Applied'.";
        AppliedFile[] edited = [.. Applied.Where(file => file.State == MigrationState.Edited)];
        if (edited.Length == 0)
        {
            return;
        }

        string what = $"{Names(edited.Select(file => $"'{file.File.FileName}' (statement {file.Difference[0].Number})"))} {(edited.Length == 1 ? "was" : "were")} edited after being applied; the database has what was applied then.";
        if (refuse)
        {
            throw new DeployException(ErrorTable.AppliedMigrationEdited, what + " Nothing was run.", Remedy, edited[0].File);
        }

        sink.Publish(new Caution($"{what} {Remedy} 'Get-Migration -State Edited' shows the differences."));
    }

    private void TellOfNames(IProgressSink sink)
    {
        foreach (AppliedFile renamed in Applied.Where(file => file is { HasOtherName: true, IsOtherMigration: false }))
        {
            sink.Publish(new Caution(
                $"Version '{renamed.File.Version}' is recorded as '{renamed.Row.Name}', and its file is '{renamed.File.FileName}'."
                + " Rename the file back, or let 'Repair-Migration' record the new name."));
        }
    }

    private void TellOfMissingFiles(IProgressSink sink)
    {
        if (MissingFiles.Count > 0)
        {
            sink.Publish(new Caution(
                $"{MissingFiles.Count} applied {(MissingFiles.Count == 1 ? "migration has" : "migrations have")} no file here: {Names(MissingFiles.Select(row => row.Version))}."
                + " The database may be ahead of this folder: update the folder from version control, or let 'Repair-Migration' write the files from the history."));
        }
    }

    private void RefuseOutOfOrder()
    {
        MigrationFile[] late = [.. OutOfOrder];
        if (late.Length > 0)
        {
            throw new DeployException(
                ErrorTable.MigrationOutOfOrder,
                $"{Names(late.Select(file => $"'{file.FileName}'"))} would run after the newer version '{NewestApplied}', which is applied already. Nothing was run.",
                "Let 'Repair-Migration' give the file a version later than that, so that every database runs the files in the same order, or run it all the same with -IncludeOutOfOrder.",
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
