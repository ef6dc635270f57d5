using System.Globalization;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Runs scripts on one connection. The record (a history row) is written first inside the script's own transaction: another runner that
/// does not know our lock then waits for our transaction and fails on the primary key before it has done anything.
/// </summary>
internal sealed class ScriptSession(NpgsqlConnection connection, MigrationSettings? settings = null)
{
    // Enough for one round trip a usual file, small enough that a big one is cancelled soon and held in pieces.
    private const int StatementsPerBatch = 250;
    private const int CharactersPerBatch = 512 * 1024;

    private static readonly TimeSpan s_rollbackLimit = TimeSpan.FromSeconds(5);

    // A file may have changed session settings and role; RESET ALL leaves the role alone.
    private static readonly string[] s_reset = ["reset all", "reset session authorization", "reset role"];

    private readonly string[] _freshSession = [.. s_reset, .. Limits(settings ?? new())];

    /// <summary>Runs <paramref name="script"/> and writes <paramref name="record"/> with it.</summary>
    /// <exception cref="DeployException">The server refused a statement; the transaction was rolled back.</exception>
    public async Task RunAsync(SqlScript script, NpgsqlBatchCommand record, CancellationToken cancellationToken)
    {
        try
        {
            await (script.Mode == ScriptMode.EachAlone
                ? RunEachAloneAsync(script, record, cancellationToken)
                : RunInTransactionAsync(script, record, cancellationToken)).ConfigureAwait(false);
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

    /// <summary>Takes back what scripts changed of the session: settings, and the role.</summary>
    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(string.Join(";\n", s_reset), connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static IEnumerable<string> Limits(MigrationSettings settings)
    {
        if (settings.LockTimeout is { } lockTimeout)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"set lock_timeout = {Milliseconds(lockTimeout)}");
        }

        if (settings.StatementTimeout is { } statementTimeout)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"set statement_timeout = {Milliseconds(statementTimeout)}");
        }
    }

    // Zero would mean no limit.
    private static int Milliseconds(TimeSpan limit) => (int)Math.Clamp(Math.Ceiling(limit.TotalMilliseconds), 1, int.MaxValue);

    private async Task RunInTransactionAsync(SqlScript script, NpgsqlBatchCommand record, CancellationToken cancellationToken)
    {
        var pending = new PendingBatch(connection, script, "Nothing of this file was kept.");
        AddFreshSession(pending);
        bool isOwn = script.Mode == ScriptMode.OwnTransaction;
        if (!isOwn)
        {
            pending.Add("begin");
            pending.Add(record);
        }

        foreach (SqlStatement statement in script.Statements)
        {
            await AddAsync(pending, statement, cancellationToken).ConfigureAwait(false);
            if (isOwn && StatementRoles.Of(statement) == StatementRole.Begin)
            {
                pending.Add(record);
            }
        }

        if (!isOwn)
        {
            pending.Add("commit");
        }

        await pending.SendAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RunEachAloneAsync(SqlScript script, NpgsqlBatchCommand record, CancellationToken cancellationToken)
    {
        int done = 0;
        await ResetAsync(cancellationToken).ConfigureAwait(false);
        foreach (SqlStatement statement in script.Statements)
        {
            string kept = done == 0 ? "Nothing of this file was kept." : $"{done} of its {script.Statements.Count} statements were kept, and the file is not recorded as applied.";
            var pending = new PendingBatch(connection, script, kept);
            await AddAsync(pending, statement, cancellationToken).ConfigureAwait(false);
            await pending.SendAsync(cancellationToken).ConfigureAwait(false);
            done++;
        }

        var last = new PendingBatch(connection, script, "All its statements were kept, and the file is not recorded as applied.");
        AddFreshSession(last);
        last.Add(record);
        await last.SendAsync(cancellationToken).ConfigureAwait(false);
    }

    private void AddFreshSession(PendingBatch pending)
    {
        foreach (string sql in _freshSession)
        {
            pending.Add(sql);
        }
    }

    private async Task AddAsync(PendingBatch pending, SqlStatement statement, CancellationToken cancellationToken)
    {
        if (statement.CopyData is not null)
        {
            await pending.SendAsync(cancellationToken).ConfigureAwait(false);
            await CopyAsync(pending, statement, cancellationToken).ConfigureAwait(false);
            return;
        }

        pending.Add(statement);
        if (pending.Count >= StatementsPerBatch || pending.Characters >= CharactersPerBatch)
        {
            await pending.SendAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CopyAsync(PendingBatch pending, SqlStatement statement, CancellationToken cancellationToken)
    {
        try
        {
            TextWriter rows = await connection.BeginTextImportAsync(statement.Text, cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                await rows.WriteAsync(statement.CopyData.AsMemory(), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (PostgresException e)
        {
            throw pending.Describe(statement, e);
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
