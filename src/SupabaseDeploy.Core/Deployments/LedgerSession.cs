using System.Data;
using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Deployments;

/// <summary>One connection to a ledger, and the ledger's own schema version.</summary>
internal sealed class LedgerSession : IAsyncDisposable
{
    // A key of its own: creating the schema must not wait for, or be taken for, a deployment.
    private const long SchemaLock = 0x7364_6c65_6467_6572;

    private const string ReadVersion = "select coalesce(max(version), 0) from supabase_deploy.schema_version";

    private static readonly string s_createVersions =
        $"""
        {BookkeepingSchema.Create}
        create table if not exists supabase_deploy.schema_version (
            version integer primary key,
            applied_at timestamptz not null default now()
        )
        """;

    // The first version was created; each of these made the next one.
    private static readonly IReadOnlyList<string> s_upgrades = EmbeddedText.In("Deployments/Ledger/Upgrades/");

    private LedgerSession(NpgsqlConnection connection, DatabaseAddress database, bool exists, ClockCheck clock)
    {
        Connection = connection;
        Database = database;
        Exists = exists;
        Clock = clock;
    }

    public NpgsqlConnection Connection { get; }

    public DatabaseAddress Database { get; }

    /// <summary>The clocks of this machine and of the server, when the session began.</summary>
    public ClockCheck Clock { get; }

    private static int NewestVersion => s_upgrades.Count + 1;

    private bool Exists { get; set; }

    /// <summary>Connects. The ledger may not exist yet: see <see cref="ReadVersionAsync"/>.</summary>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="machine">This machine's clock; the system's when null.</param>
    public static async Task<LedgerSession> OpenAsync(DatabaseAddress database, CancellationToken cancellationToken, TimeProvider? machine = null)
    {
        NpgsqlConnection connection = await database.OpenAsync(cancellationToken, "supabase-deploy ledger").ConfigureAwait(false);
        try
        {
            return await BeginAsync(connection, database, cancellationToken, machine).ConfigureAwait(false);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Connects, and creates the ledger or brings it up to date.</summary>
    public static async Task<LedgerSession> OpenForWritingAsync(DatabaseAddress database, CancellationToken cancellationToken, TimeProvider? machine = null)
    {
        LedgerSession session = await OpenAsync(database, cancellationToken, machine).ConfigureAwait(false);
        try
        {
            await session.MigrateAsync(cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes a connection a session of the ledger, from now on; it stays the caller's until then.</summary>
    public static async Task<LedgerSession> BeginAsync(
        NpgsqlConnection connection, DatabaseAddress database, CancellationToken cancellationToken, TimeProvider? machine = null)
    {
        TimeProvider here = machine ?? TimeProvider.System;
        using var command = new NpgsqlCommand(
            // A superuser may come first (a restore does): what it makes must belong to the role that migrates and publishes.
            $"""
            select set_config('role', 'postgres', false)
            where exists (select from pg_roles where rolname = session_user and rolsuper)
              and exists (select from pg_roles where rolname = 'postgres' and not rolsuper and has_database_privilege(oid, current_database(), 'create'));
            {Queries.TableExists("supabase_deploy", "schema_version")};
            select clock_timestamp()
            """,
            connection);
        DateTimeOffset asked = here.GetUtcNow();
        NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            await row.NextResultAsync(cancellationToken).ConfigureAwait(false);
            await row.ReadAsync(cancellationToken).ConfigureAwait(false);
            bool exists = row.GetBoolean(0);
            await row.NextResultAsync(cancellationToken).ConfigureAwait(false);
            await row.ReadAsync(cancellationToken).ConfigureAwait(false);
            return new LedgerSession(connection, database, exists, new ClockCheck(asked, row.GetFieldValue<DateTimeOffset>(0), here.GetUtcNow()));
        }
    }

    /// <summary>0 where there is no ledger.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.LedgerTooNew"/>.</exception>
    public async Task<int> ReadVersionAsync(CancellationToken cancellationToken)
    {
        if (!Exists)
        {
            return 0;
        }

        int version = await Connection.ScalarAsync<int>(ReadVersion, cancellationToken).ConfigureAwait(false);
        return version <= NewestVersion
            ? version
            : throw new DeployException(
                ErrorTable.LedgerTooNew,
                $"The ledger of '{Database}' has version {version}; this module knows {NewestVersion}.",
                "Update the module SupabaseDeploy.",
                Database);
    }

    /// <summary>Creates the ledger, or brings it up to date.</summary>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        if (await ReadVersionAsync(cancellationToken).ConfigureAwait(false) == NewestVersion)
        {
            return;
        }

        NpgsqlTransaction transaction = await Connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await ExecuteAsync($"select pg_advisory_xact_lock({SchemaLock}); {s_createVersions}", cancellationToken).ConfigureAwait(false);
            Exists = true;
            int version = await ReadVersionAsync(cancellationToken).ConfigureAwait(false);
            if (version < NewestVersion)
            {
                // One round trip: the servers of hosted projects are far away.
                await ExecuteAsync(
                    $"""
                    {string.Concat(version == 0 ? [EmbeddedText.Read("Deployments/Ledger/create.sql")] : s_upgrades.Skip(version - 1).Select(EmbeddedText.Read))}
                    insert into supabase_deploy.schema_version (version) select generate_series({version + 1}, {NewestVersion});
                    """,
                    cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public NpgsqlCommand Command(string sql, params object?[] values) => Command(Connection, sql, values);

    /// <summary>A statement on a connection that need not be a ledger's.</summary>
    public static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(Parameters(values));
        return command;
    }

    public async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object?[] values)
    {
        using NpgsqlCommand command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One statement of a batch.</summary>
    public static NpgsqlBatchCommand BatchCommand(string sql, params object?[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(Parameters(values));
        return command;
    }

    /// <summary>A parameter whose type is known also when its value is null.</summary>
    public static NpgsqlParameter Parameter(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private static NpgsqlParameter[] Parameters(object?[] values) =>
    [
        .. values.Select(value => value switch
        {
            NpgsqlParameter parameter => parameter,
            DateTimeOffset moment => new NpgsqlParameter { Value = moment.UtcDateTime },
            _ => new NpgsqlParameter { Value = value ?? DBNull.Value },
        })
    ];
}
