using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>Takes migrations back: plans first, with the data that goes, and then does exactly that.</summary>
/// <param name="time">The clock; the system's when null.</param>
public sealed class MigrationUndo(TimeProvider? time = null)
{
    /// <summary>What would be undone, with the checks of the run. Changes nothing and takes no lock.</summary>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.UndoRangeNotApplied"/>; <see cref="ErrorTable.MigrationNotUndoable"/> with every reason at once; or a down script
    /// that cannot be run safely.
    /// </exception>
    public static async Task<UndoPlan> PlanAsync(MigrationRequest request, UndoRange range, IProgressSink sink, CancellationToken cancellationToken)
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
            var steps = new List<UndoStep>();
            foreach (MigrationFile file in UndoOrder.Make(files, history, range.Of(history)))
            {
                SqlScript script = await SqlScript.ReadAsync(file.DownPath!, cancellationToken).ConfigureAwait(false);
                steps.Add(new UndoStep(file, await DataLossMeter.MeasureAsync(connection, [script], cancellationToken).ConfigureAwait(false)));
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
}
