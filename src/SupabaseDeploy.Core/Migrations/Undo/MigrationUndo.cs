using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>Takes migrations back: plans first, with proofs and the data that goes, and then does exactly that.</summary>
/// <param name="shadows">Where down scripts are tried; the usual places when null.</param>
/// <param name="time">The clock; the system's when null.</param>
public sealed class MigrationUndo(ShadowDatabases? shadows = null, TimeProvider? time = null)
{
    private const int DetailsShown = 5;

    /// <summary>
    /// What would be undone, with the checks of the run. Changes nothing in the database and takes no lock there. Down scripts that were not
    /// tried as they are now are tried on a shadow, and the project keeps the proofs.
    /// </summary>
    /// <param name="request">The database and the folder.</param>
    /// <param name="range">How far back.</param>
    /// <param name="allowUnproven">Plan without trying down scripts, also with those that are known not to restore what was there.</param>
    /// <param name="sink">Told what is tried, and of scripts that belong to no migration.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.UndoRangeNotApplied"/>; <see cref="ErrorTable.MigrationNotUndoable"/> or <see cref="ErrorTable.DownScriptUnproven"/>
    /// with every reason at once; or a down script that cannot be run safely.
    /// </exception>
    public async Task<UndoPlan> PlanAsync(
        MigrationRequest request, UndoRange range, bool allowUnproven, IProgressSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyList<MigrationFile> files = request.Files ?? MigrationFolder.Read(request.Folder, sink);
        foreach (string stray in DownFolder.Strays(request.Folder, files))
        {
            sink.Publish(new Caution($"'down/{stray}' belongs to no migration and is never run: a down script has the name of its migration."));
        }

        NpgsqlConnection connection = await request.Database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            IReadOnlyList<AppliedVersion> history = await MigrationHistory.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            var downs = new List<(MigrationFile File, SqlScript Script)>();
            foreach (MigrationFile file in UndoOrder.Make(files, history, range.Of(history)))
            {
                downs.Add((file, await SqlScript.ReadAsync(file.DownPath!, cancellationToken).ConfigureAwait(false)));
            }

            IReadOnlyDictionary<string, DownProof> proofs = await ProveAsync(
                request, files, [.. downs.Select(down => down.File)], allowUnproven, sink, cancellationToken).ConfigureAwait(false);
            var steps = new List<UndoStep>();
            foreach ((MigrationFile file, SqlScript script) in downs)
            {
                DownProof? proof = proofs.GetValueOrDefault(file.Version);
                steps.Add(new UndoStep(
                    file, await DataLossMeter.MeasureAsync(connection, [script], cancellationToken, proof?.Drops).ConfigureAwait(false), proof));
            }

            return new UndoPlan(steps, [.. history.Select(row => row.Version)], files);
        }
    }

    /// <summary>
    /// Carries a plan out under the lock. Each down script is one transaction with the removal of its row of the history, which is read
    /// again at the end. When one fails, it is rolled back; those before it stay undone.
    /// </summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.UndoPlanOutdated"/>, or what <see cref="MigrationRunner.UndoAsync(MigrationRequest, IReadOnlyList{string}, IProgressSink, CancellationToken)"/> throws.</exception>
    public Task<MigrationRun> RunAsync(MigrationRequest request, UndoPlan plan, IProgressSink sink, CancellationToken cancellationToken) =>
        new MigrationRunner(time).UndoAsync(request, plan, sink, cancellationToken);

    private async Task<IReadOnlyDictionary<string, DownProof>> ProveAsync(
        MigrationRequest request,
        IReadOnlyList<MigrationFile> files,
        IReadOnlyList<MigrationFile> downs,
        bool allowUnproven,
        IProgressSink sink,
        CancellationToken cancellationToken)
    {
        var proofs = new Dictionary<string, DownProof>();
        foreach (MigrationFile file in allowUnproven ? downs : [])
        {
            if (await DownProofs.FindAsync(request.Environment.Project, files, file, cancellationToken).ConfigureAwait(false) is { } known)
            {
                proofs[file.Version] = known;
            }
        }

        if (allowUnproven || downs.Count == 0)
        {
            return proofs;
        }

        string[] versions = [.. downs.Select(file => file.Version)];
        IReadOnlyList<DownProof> proven = await new DownProver(shadows, time).ProveAsync(
            files, versions, request.Environment.Project, sink, cancellationToken).ConfigureAwait(false);
        DownProof[] not = [.. proven.Where(proof => !proof.IsProven).Reverse()];
        return not.Length == 0 ? proven.ToDictionary(proof => proof.Version) : throw Unproven(not);
    }

    private static DeployException Unproven(DownProof[] proofs) => new(
        ErrorTable.DownScriptUnproven,
        $"Nothing was undone, because it would not bring back what was there: {string.Join(" ", proofs.Select(Describe))}",
        "Correct the down script, or give -AllowUnproven to run it as it is.",
        proofs);

    private static string Describe(DownProof proof) =>
        string.Join(" ", (string[])[proof.Message, .. proof.Differences.Concat(proof.LostData).Take(DetailsShown).Select(detail => $"{detail.TrimEnd('.')}.")]);
}
