using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Backups;

/// <summary>
/// A transaction that sees one moment of the database, exported so that pg_dump sees the very same moment:
/// what is counted here is exactly what is in the dump, whatever others write meanwhile.
/// </summary>
internal sealed class DatabaseSnapshot : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private DatabaseSnapshot(NpgsqlConnection connection, SnapshotFacts facts, DateTimeOffset consistentAt)
    {
        _connection = connection;
        Facts = facts;
        ConsistentAt = consistentAt;
        Catalog = new DatabaseContents(connection);
    }

    /// <summary>Our clock just before the snapshot.</summary>
    public DateTimeOffset ConsistentAt { get; }

    /// <summary>What the server said in the snapshot.</summary>
    public SnapshotFacts Facts { get; }

    /// <summary>Reads in the snapshot.</summary>
    public DatabaseContents Catalog { get; }

    /// <summary>Takes a snapshot on a connection of its own.</summary>
    public static async Task<DatabaseSnapshot> TakeAsync(DatabaseAddress database, TimeProvider time, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken, "supabase-deploy backup").ConfigureAwait(false);
        try
        {
            var catalog = new DatabaseContents(connection);
            DateTimeOffset consistentAt = time.GetUtcNow();
            // Row security off: where it would hide rows from this role, reading fails instead of counting too few.
            await catalog.ExecuteAsync(
                """
                set statement_timeout = 0;
                set lock_timeout = '5min';
                set idle_in_transaction_session_timeout = 0;
                set row_security = off;
                begin isolation level repeatable read, read only
                """,
                cancellationToken).ConfigureAwait(false);
            return new DatabaseSnapshot(connection, await ReadFactsAsync(catalog, cancellationToken).ConfigureAwait(false), consistentAt);
        }
        catch (PostgresException e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw Failed(database, e);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The definition of this database.</summary>
    public Task<DatabaseDefinition> ReadDefinitionAsync(CancellationToken cancellationToken) =>
        DatabaseDefinitionSql.ReadAsync(_connection, _connection.Database, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>A failure to read for a backup.</summary>
    public static DeployException Failed(DatabaseAddress database, PostgresException e) => new(
        ErrorTable.BackupFailed,
        $"Database '{database}' cannot be backed up: {e.MessageText}.",
        e.SqlState == PostgresErrorCodes.InsufficientPrivilege
            ? "Use a role that may read every table, for example the owner of the database."
            : "Correct what the server reports and take the backup again.",
        database,
        e);

    private static async Task<SnapshotFacts> ReadFactsAsync(DatabaseContents catalog, CancellationToken cancellationToken) =>
        (await catalog.ReadAsync(
            """
            select pg_export_snapshot(),
                   current_setting('server_version_num')::int,
                   split_part(current_setting('server_version'), ' ', 1),
                   (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text,
                   pg_database_size(current_database()),
                   has_table_privilege('pg_catalog.pg_authid', 'select')
            """,
            row => new SnapshotFacts(row.GetString(0), row.GetInt32(1) / 10000, row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetBoolean(5)),
            cancellationToken).ConfigureAwait(false)).Single();
}

/// <summary>What the server said in a snapshot.</summary>
/// <param name="Id">What pg_dump takes as <c>--snapshot</c>.</param>
/// <param name="ServerMajor">15</param>
/// <param name="ServerVersion"><c>15.8</c></param>
/// <param name="WalPosition"><c>0/1A2B3C4D</c></param>
/// <param name="DatabaseSize">Bytes on the server's disk.</param>
/// <param name="CanReadPasswords">Whether this role may read password hashes.</param>
internal sealed record SnapshotFacts(string Id, int ServerMajor, string ServerVersion, string WalPosition, long DatabaseSize, bool CanReadPasswords);
