using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Which statements of a file ran, when they do not share a transaction and the file is not done: the next run continues behind them.
/// Kept in <c>supabase_migrations.unfinished_files</c> until the file is recorded. A transaction carries its note; what ran outside of one
/// is noted on a connection of its own, because the file may have changed the role of its session. A file of one statement needs none of it.
/// A down script has a key of its own, which ends with the row of the history that it is to take away: once the version was applied anew, the note of before
/// counts for nothing.
/// </summary>
internal sealed class UnfinishedScript(NpgsqlConnection connection, DatabaseAddress database, SqlScript script, string? version, bool isBegun = false) : IAsyncDisposable
{
    private const string CreateSql =
        "create table if not exists supabase_migrations.unfinished_files (version text not null primary key, statements text[] not null)";

    private const string AddSql =
        """
        insert into supabase_migrations.unfinished_files as f (version, statements) values ($1, $2)
        on conflict (version) do update set statements = f.statements || excluded.statements
        """;

    private const string DownMark = " down ";

    private const string UndoKeySql = "select version || ' down ' || xmin::text from supabase_migrations.schema_migrations where version = $1";

    private const string HalfUndoneSql =
        """
        select h.version || ': ' || cardinality(n.statements) || case cardinality(n.statements) when 1 then ' statement' else ' statements' end
        from supabase_migrations.schema_migrations h join supabase_migrations.unfinished_files n on n.version = h.version || ' down ' || h.xmin::text
        order by 1
        """;

    private readonly bool _isNoted = version is not null && (isBegun || script.Statements.Count(statement => statement.HasCode) > 1);
    private NpgsqlConnection? _own;

    /// <summary>What the history says while the file is not done.</summary>
    public string Recorded => version?.Contains(DownMark, StringComparison.Ordinal) == true
        ? "the migration is still recorded as applied, although a part of it is undone"
        : "the file is not recorded as applied";

    /// <summary>True when there is a row to take away.</summary>
    public bool IsRemembered { get; set; }

    /// <summary>How many of the script's statements ran before.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.UnfinishedMigrationChanged"/>: what ran does not stand in the file any more.</exception>
    public async Task<int> CountDoneAsync(CancellationToken cancellationToken)
    {
        if (!_isNoted || !await ExistsAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            return 0;
        }

        using var command = new NpgsqlCommand("select statements from supabase_migrations.unfinished_files where version = $1", connection)
        {
            Parameters = { new NpgsqlParameter { Value = version } },
        };
        if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not string[] done)
        {
            return 0;
        }

        IsRemembered = true;
        for (int i = 0; i < done.Length; i++)
        {
            if (i >= script.Statements.Count || !script.Statements[i].Stored.Span.SequenceEqual(done[i]))
            {
                throw Changed(i);
            }
        }

        return done.Length;
    }

    /// <summary>Notes that the next statement ran.</summary>
    public async Task AddAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        if (!_isNoted)
        {
            return;
        }

        if (_own is null)
        {
            _own = await database.OpenAsync(cancellationToken, "supabase-deploy migration notes").ConfigureAwait(false);
            await EnsureTableAsync(_own, cancellationToken).ConfigureAwait(false);
        }

        using var batch = new NpgsqlBatch(_own) { BatchCommands = { Note([statement]) } };
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        IsRemembered = true;
    }

    /// <summary>Makes the table, for notes that a transaction of the file carries.</summary>
    public Task EnsureTableAsync(CancellationToken cancellationToken) => EnsureTableAsync(connection, cancellationToken);

    /// <summary>The note that the next statements ran, for the transaction in which they run.</summary>
    public NpgsqlBatchCommand Note(IEnumerable<SqlStatement> statements) => new(AddSql)
    {
        Parameters =
        {
            new NpgsqlParameter { Value = version },
            new NpgsqlParameter { Value = statements.Select(statement => statement.Stored).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        },
    };

    /// <summary>Takes the note away, together with the row of the history.</summary>
    public NpgsqlBatchCommand Forget() => new("delete from supabase_migrations.unfinished_files where version = $1")
    {
        Parameters = { new NpgsqlParameter { Value = version } },
    };

    /// <summary>Under which the progress of undoing a version is noted; null where the history does not have it.</summary>
    public static async Task<string?> UndoKeyAsync(NpgsqlConnection connection, string version, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(UndoKeySql, connection) { Parameters = { new NpgsqlParameter { Value = version } } };
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as string;
    }

    /// <summary>Refuses to go on where a version is recorded as applied and its down script ran in part: that is neither the one state nor the other.</summary>
    /// <param name="noted">From <see cref="VersionsAsync"/>.</param>
    /// <param name="connection">The database.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DeployException"><see cref="ErrorTable.MigrationHalfUndone"/>.</exception>
    public static async Task EnsureNoneHalfUndoneAsync(IReadOnlyList<string> noted, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!noted.Any(key => key.Contains(DownMark, StringComparison.Ordinal)))
        {
            return;
        }

        IReadOnlyList<string> half = await connection.RowsAsync(HalfUndoneSql, row => row.GetString(0), cancellationToken).ConfigureAwait(false);
        if (half.Count > 0)
        {
            throw new DeployException(
                ErrorTable.MigrationHalfUndone,
                $"A down script ran in part, and its migration is still recorded as applied. What ran of it: {string.Join("; ", half)}.",
                "Correct the down script behind those statements and undo the migration again, which goes on there; or finish it by hand and say so: Repair-Migration -Version <version> -Status Reverted; or bring back by hand what they took away and delete the row from 'supabase_migrations.unfinished_files'.",
                half);
        }
    }

    /// <summary>The versions of which something is noted, and the keys of down scripts.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.MigrationHistoryInaccessible"/>.</exception>
    public static async Task<IReadOnlyList<string>> VersionsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            return [];
        }

        try
        {
            return await connection.ScalarAsync<string[]>("select coalesce(array_agg(version), '{}') from supabase_migrations.unfinished_files", cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new DeployException(
                ErrorTable.MigrationHistoryInaccessible,
                $"The notes on unfinished migrations 'supabase_migrations.unfinished_files' cannot be read: {e.MessageText} (SQLSTATE {e.SqlState}).",
                "Sign in as the role that owns the database's schema, usually 'postgres'.",
                inner: e);
        }
    }

    /// <summary>Takes away what is noted of versions that are taken back, or were recorded by something else.</summary>
    public static async Task ForgetAsync(NpgsqlConnection connection, IEnumerable<string> versions, CancellationToken cancellationToken)
    {
        if (await ExistsAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            using var command = new NpgsqlCommand("delete from supabase_migrations.unfinished_files where version = any($1)", connection)
            {
                Parameters = { new NpgsqlParameter { Value = versions.ToArray() } },
            };
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_own is not null)
        {
            await _own.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task EnsureTableAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            using var create = new NpgsqlCommand(CreateSql, connection);
            await create.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static Task<bool> ExistsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.HasTableAsync("supabase_migrations", "unfinished_files", cancellationToken);

    private DeployException Changed(int index) => new(
        ErrorTable.UnfinishedMigrationChanged,
        $"'{script.FileName}' was begun before, and its statement {index + 1} ran in another form than it has now. Nothing more was run.",
        "Put that statement back as it was and write what is to be different into a later migration; or undo by hand what ran, and delete the version from 'supabase_migrations.unfinished_files'.",
        script.Path);
}
