using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// The SQL of a lock. A role that may not connect to the maintenance database
/// locks in the application's own, so that each kind of holder also looks for the other: <c>pg_locks</c> shows the locks of every database.
/// </summary>
internal sealed class LockTable(NpgsqlConnection connection, string database)
{
    // Shown as classid in pg_locks: "sdep".
    public const int ProductKey = 0x73646570;

    private const string HeldAnywhere =
        "locktype = 'advisory' and granted and classid = $1::bigint::oid and objid = $2::bigint::oid and objsubid = 2";

    private const string HeldLock = HeldAnywhere + " and database = (select oid from pg_database where datname = current_database())";

    private const string HeldElsewhere = HeldAnywhere + " and database = (select oid from pg_database where datname = $3 and datname <> current_database())";

    private readonly int _databaseKey = Key(database);
    private readonly bool _isInMaintenance = connection.Database == LockSession.MaintenanceDatabase;
    private readonly LockOwnerTable _owners = new(connection, database);

    /// <summary>Where a holder of the other kind would be.</summary>
    private string Elsewhere => _isInMaintenance ? database : LockSession.MaintenanceDatabase;

    /// <summary>
    /// Takes the lock when it is free, and looks for a holder in the other place: asked after this session has its own lock, that excludes the other
    /// kind. Of two at once, whoever asks second sees the first, and both see each other at worst.
    /// </summary>
    public async Task<(bool IsLocked, LockOwner? Other)> TryLockAsync(CancellationToken cancellationToken)
    {
        using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { LedgerSession.BatchCommand("select pg_try_advisory_lock($1, $2)", ProductKey, _databaseKey), FindElsewhere() },
        };
        NpgsqlDataReader row = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        bool isLocked;
        int? holder = null;
        await using (row.ConfigureAwait(false))
        {
            await row.ReadAsync(cancellationToken).ConfigureAwait(false);
            isLocked = row.GetBoolean(0);
            await row.NextResultAsync(cancellationToken).ConfigureAwait(false);
            if (await row.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                holder = row.GetInt32(0);
            }
        }

        return (isLocked, await DescribeElsewhereAsync(holder, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Waits in the server's queue; false when <paramref name="wait"/> is over.</summary>
    public async Task<bool> LockAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync($"set lock_timeout = {Milliseconds(wait)}", cancellationToken).ConfigureAwait(false);
        try
        {
            using NpgsqlCommand command = Command("select pg_advisory_lock($1, $2)", ProductKey, _databaseKey);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }

        await connection.ExecuteAsync("set lock_timeout = 0", cancellationToken).ConfigureAwait(false);
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
        LockOwner? here = await FindHolderAsync(cancellationToken).ConfigureAwait(false) is { } holder
            ? await _owners.FindAsync(holder, cancellationToken).ConfigureAwait(false)
                ?? await DescribeSessionAsync(holder, "a database session that wrote no owner row", cancellationToken).ConfigureAwait(false)
            : null;
        return here ?? await FindOwnerElsewhereAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The holder of the same database's lock in the other place; null when there is none.</summary>
    public async Task<LockOwner?> FindOwnerElsewhereAsync(CancellationToken cancellationToken)
    {
        using var batch = new NpgsqlBatch(connection) { BatchCommands = { FindElsewhere() } };
        return await DescribeElsewhereAsync((int?)await batch.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets a holder elsewhere go first. Of the two kinds only the one in the application's database steps aside, so that they never both do.</summary>
    public async Task StepAsideAsync(CancellationToken cancellationToken)
    {
        if (!_isInMaintenance)
        {
            using var batch = new NpgsqlBatch(connection) { BatchCommands = { Unlock() } };
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the lock again after <see cref="StepAsideAsync"/>.</summary>
    public Task<bool> ReturnAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        _isInMaintenance ? Task.FromResult(true) : LockAsync(wait, cancellationToken);

    /// <summary>Writes who this session is, once it has the lock.</summary>
    public Task WriteOwnerAsync(LockOwner owner, IProgressSink sink, CancellationToken cancellationToken) => _owners.WriteAsync(owner, sink, cancellationToken);

    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        // Each a transaction of its own: whoever gets the lock must not find the row of a holder that seems to have died.
        using var batch = new NpgsqlBatch(connection) { EnableErrorBarriers = true };
        foreach (NpgsqlBatchCommand remove in _owners.Remove())
        {
            batch.BatchCommands.Add(remove);
        }

        batch.BatchCommands.Add(Unlock());
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The second half of the key: the same for everybody who names the same database.</summary>
    internal static int Key(string database) => BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(database)));

    private NpgsqlBatchCommand Unlock() => LedgerSession.BatchCommand("select pg_advisory_unlock($1, $2)", ProductKey, _databaseKey);

    private NpgsqlBatchCommand FindElsewhere() =>
        LedgerSession.BatchCommand($"select pid from pg_locks where {HeldElsewhere}", Unsigned(ProductKey), Unsigned(_databaseKey), Elsewhere);

    private async Task<LockOwner?> DescribeElsewhereAsync(int? holder, CancellationToken cancellationToken) => holder is null
        ? null
        : await DescribeSessionAsync(holder.Value, $"a session that holds the lock in database '{Elsewhere}'", cancellationToken).ConfigureAwait(false);

    private async Task<int?> FindHolderAsync(CancellationToken cancellationToken)
    {
        using NpgsqlCommand command = Command($"select pid from pg_locks where {HeldLock}", Unsigned(ProductKey), Unsigned(_databaseKey));
        return (int?)await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
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

    private NpgsqlCommand Command(string sql, params object[] values) => LedgerSession.Command(connection, sql, values);

    // pg_locks shows the key's halves as oids, which are unsigned.
    private static long Unsigned(int key) => (uint)key;

    // No wait is longer than the server can count: 0 means for ever there.
    private static long Milliseconds(TimeSpan wait) => wait == Timeout.InfiniteTimeSpan ? 0 : (long)Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, int.MaxValue);
}
