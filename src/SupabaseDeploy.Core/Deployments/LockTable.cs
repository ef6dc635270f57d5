using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// The SQL of a lock: the advisory lock itself and the row that says who holds it. A role that may not connect to the maintenance database
/// locks in the application's own, so that each kind of holder also looks for the other: <c>pg_locks</c> shows the locks of every database.
/// </summary>
internal sealed class LockTable(NpgsqlConnection connection, string database)
{
    // Shown as classid in pg_locks: "sdep".
    private const int ProductKey = 0x73646570;

    private const string HeldAnywhere =
        "locktype = 'advisory' and granted and classid = $1::bigint::oid and objid = $2::bigint::oid and objsubid = 2";

    private const string HeldLock = HeldAnywhere + " and database = (select oid from pg_database where datname = current_database())";

    private const string HeldElsewhere = HeldAnywhere + " and database = (select oid from pg_database where datname = $3 and datname <> current_database())";

    private readonly int _databaseKey = Key(database);
    private readonly bool _isInMaintenance = connection.Database == LockSession.MaintenanceDatabase;
    private bool _hasRow;

    /// <summary>Where a holder of the other kind would be.</summary>
    private string Elsewhere => _isInMaintenance ? database : LockSession.MaintenanceDatabase;

    public async Task<bool> TryLockAsync(CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = Command("select pg_try_advisory_lock($1, $2)", ProductKey, _databaseKey);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>Waits in the server's queue; false when <paramref name="wait"/> is over.</summary>
    public async Task<bool> LockAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        await ExecuteAsync($"set lock_timeout = {Milliseconds(wait)}", cancellationToken).ConfigureAwait(false);
        try
        {
            using NpgsqlCommand command = Command("select pg_advisory_lock($1, $2)", ProductKey, _databaseKey);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }

        await ExecuteAsync("set lock_timeout = 0", cancellationToken).ConfigureAwait(false);
        return true;
    }

    public async Task<bool> IsHeldHereAsync(CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = Command(
            $"select exists (select from pg_locks where {HeldLock} and pid = pg_backend_pid())", Unsigned(ProductKey), Unsigned(_databaseKey));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>The holder by its row where the row is of the session that holds the lock, else by what the server knows of the session.</summary>
    public async Task<LockOwner?> FindOwnerAsync(CancellationToken cancellationToken)
    {
        int? holder = await FindHolderAsync(cancellationToken).ConfigureAwait(false);
        if (holder is null)
        {
            return await FindOwnerElsewhereAsync(cancellationToken).ConfigureAwait(false);
        }

        return await ReadRowAsync(holder, cancellationToken).ConfigureAwait(false)
            ?? await DescribeSessionAsync(holder.Value, "a database session that wrote no owner row", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The holder of the same database's lock in the other place; null when there is none. Asked after this session has its own lock, it
    /// excludes the other kind: of two at once, whoever asks second sees the first, and both see each other at worst.
    /// </summary>
    public async Task<LockOwner?> FindOwnerElsewhereAsync(CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = Command($"select pid from pg_locks where {HeldElsewhere}", Unsigned(ProductKey), Unsigned(_databaseKey), Elsewhere);
        return (int?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is { } holder
            ? await DescribeSessionAsync(holder, $"a session that holds the lock in database '{Elsewhere}'", cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>Lets a holder elsewhere go first. Of the two kinds only the one in the application's database steps aside, so that they never both do.</summary>
    public async Task StepAsideAsync(CancellationToken cancellationToken)
    {
        if (!_isInMaintenance)
        {
            await UnlockAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the lock again after <see cref="StepAsideAsync"/>.</summary>
    public Task<bool> ReturnAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        _isInMaintenance ? Task.FromResult(true) : LockAsync(wait, cancellationToken);

    /// <summary>Writes the row of this session. A row of another session is there only when its holder died.</summary>
    public async Task WriteOwnerAsync(LockOwner owner, IProgressSink sink, CancellationToken cancellationToken)
    {
        try
        {
            await CreateTableAsync(cancellationToken).ConfigureAwait(false);
            if (await ReadRowAsync(null, cancellationToken).ConfigureAwait(false) is { } dead)
            {
                sink.Publish(new Notice($"The lock of '{database}' was left by {dead}: that process has ended without finishing."));
            }

            using NpgsqlCommand command = Command(
                """
                insert into supabase_deploy.lock_owner as o (database, who, machine, process_id, since, why, backend_pid)
                values ($1, $2, $3, $4, $5, $6, pg_backend_pid())
                on conflict (database) do update set who = excluded.who, machine = excluded.machine, process_id = excluded.process_id,
                    since = excluded.since, why = excluded.why, backend_pid = excluded.backend_pid
                """,
                database, owner.Who, owner.Machine, owner.ProcessId, owner.Since.UtcDateTime, owner.Why);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            _hasRow = true;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            // The transaction that was to create the table is still open, and would answer every later question with an error.
            await ExecuteAsync("rollback", cancellationToken).ConfigureAwait(false);
            sink.Publish(new Caution($"The lock of '{database}' is held, but others cannot be told by whom: {e.MessageText}."));
        }
    }

    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        if (_hasRow)
        {
            using NpgsqlCommand delete = Command("delete from supabase_deploy.lock_owner where database = $1 and backend_pid = pg_backend_pid()", database);
            await delete.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        await UnlockAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The second half of the key: the same for everybody who names the same database.</summary>
    internal static int Key(string database) => BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(database)));

    private async Task UnlockAsync(CancellationToken cancellationToken)
    {
        using NpgsqlCommand unlock = Command("select pg_advisory_unlock($1, $2)", ProductKey, _databaseKey);
        await unlock.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task CreateTableAsync(CancellationToken cancellationToken)
    {
        if (await TableExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        // Holders of other databases' locks may create it at the same time in the maintenance database: they queue here.
        await ExecuteAsync(
            $"""
            begin;
            select pg_advisory_xact_lock({ProductKey}, 0);
            do $create$
            declare
                outsider text;
            begin
                if to_regnamespace('supabase_deploy') is null then
                    create schema supabase_deploy;
                    comment on schema supabase_deploy is 'Bookkeeping of SupabaseDeploy: locks and deployments.';
                end if;
                create table if not exists supabase_deploy.lock_owner (
                    database text primary key,
                    who text not null,
                    machine text not null,
                    process_id integer not null,
                    since timestamptz not null,
                    why text not null,
                    backend_pid integer not null
                );
                revoke all on schema supabase_deploy from public;
                revoke all on supabase_deploy.lock_owner from public;
                for outsider in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
                    execute format('revoke all on schema supabase_deploy from %I', outsider);
                    execute format('revoke all on supabase_deploy.lock_owner from %I', outsider);
                end loop;
                -- A superuser may come first; the migrating role must be able to follow.
                if exists (select from pg_roles where rolname = 'postgres') then
                    grant usage, create on schema supabase_deploy to postgres;
                    grant select, insert, update, delete on supabase_deploy.lock_owner to postgres;
                end if;
            end
            $create$;
            commit
            """,
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> TableExistsAsync(CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = Command("select exists (select from pg_tables where schemaname = 'supabase_deploy' and tablename = 'lock_owner')");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    private async Task<int?> FindHolderAsync(CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = Command($"select pid from pg_locks where {HeldLock}", Unsigned(ProductKey), Unsigned(_databaseKey));
        return (int?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<LockOwner?> ReadRowAsync(int? holder, CancellationToken cancellationToken)
    {
        if (!await TableExistsAsync(cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        using NpgsqlCommand command = Command(
            "select who, machine, process_id, since, why from supabase_deploy.lock_owner where database = $1 and backend_pid = coalesce($2, backend_pid)",
            database);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)holder ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            return await row.ReadAsync(cancellationToken).ConfigureAwait(false)
                ? new LockOwner(row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetFieldValue<DateTimeOffset>(3), row.GetString(4))
                : null;
        }
    }

    private async Task<LockOwner?> DescribeSessionAsync(int holder, string why, CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = Command(
            """
            select coalesce(usename, 'unknown'), coalesce(host(client_addr), 'unknown'), coalesce(backend_start, now())
            from pg_stat_activity where pid = $1
            """,
            holder);
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            return await row.ReadAsync(cancellationToken).ConfigureAwait(false)
                ? new LockOwner(row.GetString(0), row.GetString(1), holder, row.GetFieldValue<DateTimeOffset>(2), why)
                : null;
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }

    // pg_locks shows the key's halves as oids, which are unsigned.
    private static long Unsigned(int key) => (uint)key;

    // No wait is longer than the server can count: 0 means for ever there.
    private static long Milliseconds(TimeSpan wait) => wait == Timeout.InfiniteTimeSpan ? 0 : (long)Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, int.MaxValue);
}
