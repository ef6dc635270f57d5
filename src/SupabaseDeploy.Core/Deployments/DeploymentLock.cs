using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// The right to change one database: a PostgreSQL session advisory lock on a connection of its own, with a row that says who holds it.
/// It lives in the maintenance database <c>_supabase_deploy</c> of the server where that exists, so that the application's database can be
/// renamed while it is held, else (and for a role that may not connect to that) in the database itself; each kind of holder sees the other.
/// The server releases it when the session ends, however the process ended.
/// </summary>
public sealed class DeploymentLock : IAsyncDisposable
{
    private static readonly TimeSpan s_releaseLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _session = new(1, 1);
    private readonly NpgsqlConnection _connection;
    private readonly LockTable _table;
    private readonly DatabaseAddress _database;
    private bool _isReleased;

    private DeploymentLock(DatabaseAddress database, NpgsqlConnection connection, LockTable table, LockOwner owner)
    {
        _database = database;
        _connection = connection;
        _table = table;
        Owner = owner;
    }

    /// <summary>This process, as others see it.</summary>
    public LockOwner Owner { get; }

    /// <summary>The database that is locked.</summary>
    public DatabaseAddress Database => _database;

    /// <summary>Takes the lock of <paramref name="database"/>.</summary>
    /// <param name="database">The application's database.</param>
    /// <param name="why">What it is held for; others read it.</param>
    /// <param name="wait">How long to wait for another holder; zero to stop at once, <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="sink">Told who is waited for.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <exception cref="DeployException">
    /// <see cref="ErrorTable.DeploymentLockHeld"/>, <see cref="ErrorTable.TransactionPooler"/>, or no connection could be made.
    /// </exception>
    public static async Task<DeploymentLock> AcquireAsync(
        DatabaseAddress database, string why, TimeSpan wait, IProgressSink sink, CancellationToken cancellationToken, TimeProvider? time = null)
    {
        (NpgsqlConnection connection, string name) = await LockSession.OpenAsync(database, cancellationToken).ConfigureAwait(false);
        try
        {
            var table = new LockTable(connection, name);
            await WaitForLockAsync(table, database, wait, sink, time ?? TimeProvider.System, cancellationToken).ConfigureAwait(false);
            LockOwner owner = LockOwner.OfThisProcess(why, (time ?? TimeProvider.System).GetUtcNow());
            await table.WriteOwnerAsync(owner, sink, cancellationToken).ConfigureAwait(false);
            return new DeploymentLock(database, connection, table, owner);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Who holds the lock of <paramref name="database"/> now; null when nobody does. The row of a dead holder is not believed.</summary>
    /// <exception cref="DeployException">No connection could be made.</exception>
    public static async Task<LockOwner?> FindOwnerAsync(DatabaseAddress database, CancellationToken cancellationToken)
    {
        (NpgsqlConnection connection, string name) = await LockSession.OpenAsync(database, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await new LockTable(connection, name).FindOwnerAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks the server whether this session still holds the lock. Call it before each step that must not run twice.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.DeploymentLockLost"/>.</exception>
    public async Task EnsureHeldAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isReleased, this);
        await _session.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!await _table.IsHeldHereAsync(cancellationToken).ConfigureAwait(false))
            {
                throw Lost("the server no longer knows the lock", null);
            }
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException && !cancellationToken.IsCancellationRequested)
        {
            throw Lost(e.GetBaseException().Message, e);
        }
        finally
        {
            _session.Release();
        }
    }

    /// <summary>Gives the lock back, also after the work was cancelled: it has its own short time limit.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isReleased)
        {
            return;
        }

        _isReleased = true;
        using var limit = new CancellationTokenSource(s_releaseLimit);
        try
        {
            await _session.WaitAsync(limit.Token).ConfigureAwait(false);
            await _table.ReleaseAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or OperationCanceledException)
        {
            // The session is gone or does not answer: the server releases its lock when the connection is closed below.
        }
        finally
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
            _session.Dispose();
        }
    }

    private static async Task WaitForLockAsync(
        LockTable table, DatabaseAddress database, TimeSpan wait, IProgressSink sink, TimeProvider time, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        (bool isLocked, LockOwner? other) = await table.TryLockAsync(cancellationToken).ConfigureAwait(false);
        LockOwner? owner = isLocked ? other : await table.FindOwnerAsync(cancellationToken).ConfigureAwait(false);
        if (isLocked && owner is null)
        {
            return;
        }

        if (wait == TimeSpan.Zero)
        {
            if (isLocked)
            {
                // The server ends a session a little after it was closed: until then whoever asks would be told of this one.
                await table.ReleaseAsync(cancellationToken).ConfigureAwait(false);
            }

            throw Held(database, owner, wait);
        }

        sink.Publish(new Notice($"Waiting for the lock of '{database}', held by {Describe(owner)}."));
        if (!isLocked && !await table.LockAsync(wait, cancellationToken).ConfigureAwait(false))
        {
            throw Held(database, await table.FindOwnerAsync(cancellationToken).ConfigureAwait(false) ?? owner, wait);
        }

        while (await table.FindOwnerElsewhereAsync(cancellationToken).ConfigureAwait(false) is { } elsewhere)
        {
            await table.StepAsideAsync(cancellationToken).ConfigureAwait(false);
            await WaitUntilFreeElsewhereAsync(table, elsewhere, database, wait, start, time, cancellationToken).ConfigureAwait(false);
            if (!await table.ReturnAsync(Left(wait, start, time), cancellationToken).ConfigureAwait(false))
            {
                throw Held(database, await table.FindOwnerAsync(cancellationToken).ConfigureAwait(false) ?? elsewhere, wait);
            }
        }
    }

    /// <summary>There is no queue to wait in for a lock of another database: it is asked for again and again.</summary>
    private static async Task WaitUntilFreeElsewhereAsync(
        LockTable table, LockOwner other, DatabaseAddress database, TimeSpan wait, long start, TimeProvider time, CancellationToken cancellationToken)
    {
        LockOwner? holder = other;
        while (holder is not null)
        {
            if (wait != Timeout.InfiniteTimeSpan && time.GetElapsedTime(start) >= wait)
            {
                throw Held(database, holder, wait);
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
            holder = await table.FindOwnerElsewhereAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // The server takes no wait shorter than a millisecond.
    private static TimeSpan Left(TimeSpan wait, long start, TimeProvider time) =>
        wait == Timeout.InfiniteTimeSpan ? wait : TimeSpan.FromMilliseconds(Math.Max(1, (wait - time.GetElapsedTime(start)).TotalMilliseconds));

    private static DeployException Held(DatabaseAddress database, LockOwner? owner, TimeSpan wait) => new(
        ErrorTable.DeploymentLockHeld,
        $"Database '{database}' is locked by {Describe(owner)}{(wait > TimeSpan.Zero ? $"; waited {wait:c} for it" : "")}.",
        "Wait until that work is done, or say how long to wait for it: -Wait 10m for publishes and restores, -LockTimeout 10m for migrations and resets.",
        owner);

    private static string Describe(LockOwner? owner) => owner?.ToString() ?? "a session that has just ended";

    private DeployException Lost(string cause, Exception? inner) => new(
        ErrorTable.DeploymentLockLost,
        $"The lock of database '{_database}' was lost: {cause}.",
        "Run the command again: it continues from what the database says is done.",
        Owner,
        inner);
}
