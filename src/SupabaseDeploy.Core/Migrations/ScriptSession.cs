using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Runs scripts on one connection. The record (a history row) is written first inside the script's own transaction: another runner that
/// does not know our lock then waits for our transaction and fails on the primary key before it has done anything.
/// </summary>
internal sealed class ScriptSession(NpgsqlConnection connection, FreshSession fresh, IProgressSink? sink = null)
{
    private static readonly TimeSpan s_rollbackLimit = TimeSpan.FromSeconds(5);

    private bool _isLocal;

    /// <summary>Whether what ran last is a transaction: when it failed, nothing of it was kept, and it can be tried again.</summary>
    public bool IsInTransaction { get; private set; }

    /// <summary>Runs <paramref name="script"/> and writes <paramref name="record"/> with it.</summary>
    /// <param name="script">What to run.</param>
    /// <param name="record">The row that says that it ran.</param>
    /// <param name="cancellationToken">Ends it; a transaction is rolled back.</param>
    /// <param name="version">Its version, under which is remembered what was kept of it, until all is; null for what must be one transaction.</param>
    /// <param name="isBegun">True when an earlier run kept a part of it.</param>
    /// <exception cref="DeployException">
    /// The server refused a statement and the transaction was rolled back, or <see cref="ErrorTable.MigrationConnectionLost"/>: then it is
    /// not known here whether it was committed.
    /// </exception>
    public Task RunAsync(SqlScript script, NpgsqlBatchCommand record, CancellationToken cancellationToken, string? version = null, bool isBegun = false) =>
        RunAsync(script, record, _ => Task.FromResult(version), isBegun, cancellationToken);

    /// <summary>Runs a down script. What it did outside a transaction is remembered too; a usual one is a transaction, and needs no note.</summary>
    /// <param name="script">What to run.</param>
    /// <param name="record">What takes the row away.</param>
    /// <param name="version">The version that it undoes.</param>
    /// <param name="cancellationToken">Ends it; a transaction is rolled back.</param>
    /// <exception cref="DeployException">As for <see cref="RunAsync(SqlScript, NpgsqlBatchCommand, CancellationToken, string, bool)"/>.</exception>
    public Task UndoAsync(SqlScript script, NpgsqlBatchCommand record, string version, CancellationToken cancellationToken) => RunAsync(
        script,
        record,
        token => script.Mode == ScriptMode.EachAlone ? UnfinishedScript.UndoKeyAsync(connection, version, token) : Task.FromResult<string?>(null),
        isBegun: false,
        cancellationToken);

    /// <summary>Takes back what scripts changed of the session: settings, and the role.</summary>
    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(string.Join(";\n", fresh.Reset), connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RunAsync(
        SqlScript script, NpgsqlBatchCommand record, Func<CancellationToken, Task<string?>> findVersion, bool isBegun, CancellationToken cancellationToken)
    {
        try
        {
            // Asked only where the answer matters, so that other files cost no round trip.
            _isLocal = script.Statements.Any(statement => PlatformStatements.Translate(statement, connection.PostgreSqlVersion.Major) is not null)
                && await PlatformStatements.AreTakenByAsync(connection, cancellationToken).ConfigureAwait(false);
            await (script.Mode == ScriptMode.EachAlone
                ? RunEachAloneAsync(script, record, findVersion, isBegun, cancellationToken)
                : RunInTransactionsAsync(script, record, await findVersion(cancellationToken).ConfigureAwait(false), isBegun, cancellationToken)).ConfigureAwait(false);
        }
        catch (NpgsqlException e) when (e is not PostgresException)
        {
            await RollBackAsync().ConfigureAwait(false);
            throw new DeployException(
                ErrorTable.MigrationConnectionLost,
                $"The connection was lost while '{script.FileName}' ran: {e.GetBaseException().Message}",
                "Run the command again: it reads from the history whether the file was committed.",
                script.Path,
                e);
        }
        catch
        {
            await RollBackAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task RunInTransactionsAsync(
        SqlScript script, NpgsqlBatchCommand record, string? version, bool isBegun, CancellationToken cancellationToken)
    {
        var unfinished = new UnfinishedScript(connection, fresh.Database, script, version, isBegun);
        await using (unfinished.ConfigureAwait(false))
        {
            var run = new TransactionByTransaction(connection, script, unfinished, fresh, _isLocal, sink ?? NullProgressSink.Instance);
            try
            {
                await run.RunAsync(record, isBegun, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                IsInTransaction = run.IsInTransaction;
            }
        }
    }

    private async Task RunEachAloneAsync(
        SqlScript script, NpgsqlBatchCommand record, Func<CancellationToken, Task<string?>> findVersion, bool isBegun, CancellationToken cancellationToken)
    {
        IsInTransaction = false;
        // What runs concurrently waits for others without holding anybody up.
        bool waitsForNobody = script.Statements.All(statement => StatementRoles.Of(statement) != StatementRole.Ordinary);
        var first = new PendingBatch(connection, script, KeptStatements.None);
        fresh.AddTo(first, waitsForNobody);
        await first.SendAsync(cancellationToken).ConfigureAwait(false);

        // Asked by the session's own role: the file before may have left another, which sees no history.
        string? version = await findVersion(cancellationToken).ConfigureAwait(false);
        var unfinished = new UnfinishedScript(connection, fresh.Database, script, version, isBegun);
        await using (unfinished.ConfigureAwait(false))
        {
            await new StatementByStatement(connection, script, unfinished, sink ?? NullProgressSink.Instance, _isLocal).RunAsync(cancellationToken).ConfigureAwait(false);

            var last = new PendingBatch(connection, script, $"All its statements were kept, and {unfinished.Recorded}.");
            fresh.AddTo(last);
            last.Add(record);
            if (unfinished.IsRemembered)
            {
                last.Add(unfinished.Forget());
            }

            await last.SendAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends what the failed or cancelled script left open. Has its own time limit: the caller's token may be what ended the work.</summary>
    private async Task RollBackAsync()
    {
        if (connection.FullState != System.Data.ConnectionState.Open)
        {
            return; // The server rolls back when it sees that the connection is gone.
        }

        using var limit = new CancellationTokenSource(s_rollbackLimit);
        try
        {
            using var command = new NpgsqlCommand("rollback", connection);
            await command.ExecuteNonQueryAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or InvalidOperationException)
        {
            // The failure that led here is the one to report; closing the connection rolls back as well.
            await connection.CloseAsync().ConfigureAwait(false);
        }
    }
}
