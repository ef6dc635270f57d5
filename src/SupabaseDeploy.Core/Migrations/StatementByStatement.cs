using Npgsql;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Runs the statements of a file that cannot share a transaction, so that the file can be run again after a failure: what ran is not run
/// again, and an invalid index that a failed one left is dropped first.
/// </summary>
internal sealed class StatementByStatement(NpgsqlConnection connection, SqlScript script, UnfinishedScript unfinished, IProgressSink sink, bool isLocal)
{
    private readonly int _total = script.Statements.Count(statement => statement.HasCode);
    private readonly IndexLeftovers _leftovers = new(connection, script, sink);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        int before = await unfinished.CountDoneAsync(cancellationToken).ConfigureAwait(false);
        if (before > 0)
        {
            sink.Publish(KeptStatements.Continuing(script, before));
        }

        int done = 0;
        for (int i = 0; i < script.Statements.Count; i++)
        {
            SqlStatement statement = script.Statements[i];
            bool ranBefore = i < before;
            // Settings are the session's, and this one is new.
            if (!ranBefore || StatementRoles.Of(statement) == StatementRole.Setting)
            {
                string kept = done == 0
                    ? KeptStatements.None
                    : $"{done} of its {_total} statements were kept, and {unfinished.Recorded}. The next run goes on with this statement.";
                await RunAsync(statement, kept, cancellationToken).ConfigureAwait(false);
            }

            if (!ranBefore)
            {
                await unfinished.AddAsync(statement, cancellationToken).ConfigureAwait(false);
            }

            done += statement.HasCode ? 1 : 0;
        }
    }

    /// <summary>Runs one, which is not noted; <paramref name="kept"/> is what a failure leaves.</summary>
    public async Task RunAsync(SqlStatement statement, string kept, CancellationToken cancellationToken)
    {
        if (await _leftovers.PrepareAsync(statement, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var pending = new PendingBatch(connection, script, kept, isLocal);
        await pending.AddAsync(statement, cancellationToken).ConfigureAwait(false);
        await pending.SendAsync(cancellationToken).ConfigureAwait(false);
        await _leftovers.CleanUpAsync(statement, cancellationToken).ConfigureAwait(false);
    }
}
