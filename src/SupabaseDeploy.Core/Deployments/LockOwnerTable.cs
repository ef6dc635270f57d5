using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>The row beside a lock that says who holds it. It is for people: whether the lock is held, only the server knows.</summary>
internal sealed class LockOwnerTable(NpgsqlConnection connection, string database)
{
    private const string Read =
        "select who, machine, process_id, since, why from supabase_deploy.lock_owner where database = $1 and backend_pid = coalesce($2, backend_pid)";

    private bool _hasRow;

    /// <summary>Writes the row of this session, which holds the lock. A row of another session is there only when its holder died.</summary>
    public async Task WriteAsync(LockOwner owner, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            await CreateAsync(cancellationToken).ConfigureAwait(false);
            using var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    LedgerSession.BatchCommand(Read, database, LedgerSession.Parameter(null, NpgsqlDbType.Integer)),
                    LedgerSession.BatchCommand(
                        """
                        insert into supabase_deploy.lock_owner as o (database, who, machine, process_id, since, why, backend_pid)
                        values ($1, $2, $3, $4, $5, $6, pg_backend_pid())
                        on conflict (database) do update set who = excluded.who, machine = excluded.machine, process_id = excluded.process_id,
                            since = excluded.since, why = excluded.why, backend_pid = excluded.backend_pid
                        """,
                        database, owner.Who, owner.Machine, owner.ProcessId, owner.Since, owner.Why),
                },
            };
            NpgsqlDataReader row = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                if (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    sink.Publish(new Notice($"The lock of '{database}' was left by {OwnerOf(row)}: that process has ended without finishing."));
                }

                await row.NextResultAsync(cancellationToken).ConfigureAwait(false);
            }

            _hasRow = true;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            // The transaction that was to create the table is still open, and would answer every later question with an error.
            await connection.ExecuteAsync("rollback", cancellationToken).ConfigureAwait(false);
            sink.Publish(new Caution($"The lock of '{database}' is held, but others cannot be told by whom: {e.MessageText}."));
        }
    }

    /// <summary>The row of the session that holds the lock; null when it wrote none.</summary>
    public async Task<LockOwner?> FindAsync(int holder, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        using NpgsqlCommand command = LedgerSession.Command(connection, Read, database, holder);
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            return await row.ReadAsync(cancellationToken).ConfigureAwait(false) ? OwnerOf(row) : null;
        }
    }

    /// <summary>What removes the row of this session; nothing when it wrote none.</summary>
    public IEnumerable<NpgsqlBatchCommand> Remove() => _hasRow
        ? [LedgerSession.BatchCommand("delete from supabase_deploy.lock_owner where database = $1 and backend_pid = pg_backend_pid()", database)]
        : [];

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        if (await ExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        // Holders of other databases' locks may create it at the same time in the maintenance database: they queue here.
        await connection.ExecuteAsync(
            $"""
            begin;
            select pg_advisory_xact_lock({LockTable.ProductKey}, 0);
            {BookkeepingSchema.CreateLockOwners}
            commit
            """,
            cancellationToken).ConfigureAwait(false);
    }

    private Task<bool> ExistsAsync(CancellationToken cancellationToken) => connection.HasTableAsync("supabase_deploy", "lock_owner", cancellationToken);

    private static LockOwner OwnerOf(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetFieldValue<DateTimeOffset>(3), row.GetString(4));
}
