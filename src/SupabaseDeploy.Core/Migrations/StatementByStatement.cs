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
            sink.Publish(new Notice($"'{script.FileName}' was begun before: going on behind its first {before} {(before == 1 ? "statement" : "statements")}, which ran then."));
        }

        int done = 0;
        for (int i = 0; i < script.Statements.Count; i++)
        {
            SqlStatement statement = script.Statements[i];
            bool ranBefore = i < before;
            // Settings are the session's, and this one is new.
            if (!ranBefore || StatementRoles.Of(statement) == StatementRole.Setting)
            {
                await RunAsync(statement, done, cancellationToken).ConfigureAwait(false);
            }

            if (!ranBefore)
            {
                await unfinished.AddAsync(statement, cancellationToken).ConfigureAwait(false);
            }

            done += statement.HasCode ? 1 : 0;
        }
    }

    private async Task RunAsync(SqlStatement statement, int done, CancellationToken cancellationToken)
    {
        if (await _leftovers.PrepareAsync(statement, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        string kept = done == 0
            ? "Nothing of this file was kept."
            : $"{done} of its {_total} statements were kept, and the file is not recorded as applied. The next run goes on with this statement.";
        var pending = new PendingBatch(connection, script, kept, isLocal);
        await pending.AddAsync(statement, cancellationToken).ConfigureAwait(false);
        await pending.SendAsync(cancellationToken).ConfigureAwait(false);
        await _leftovers.CleanUpAsync(statement, cancellationToken).ConfigureAwait(false);
    }
}
