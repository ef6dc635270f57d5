using Npgsql;
using NpgsqlTypes;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Which statements of a file ran, when they cannot share a transaction and the file is not done: the next run continues behind them.
/// Kept in <c>supabase_migrations.unfinished_files</c> until the file is recorded. Written on a connection of its own, because the file
/// may have changed the role of its session. A file of one statement needs none of it.
/// </summary>
internal sealed class UnfinishedScript(NpgsqlConnection connection, SqlScript script, string? version) : IAsyncDisposable
{
    private const string CreateSql =
        "create table if not exists supabase_migrations.unfinished_files (version text not null primary key, statements text[] not null)";

    private const string AddSql =
        """
        insert into supabase_migrations.unfinished_files as f (version, statements) values ($1, array[$2])
        on conflict (version) do update set statements = f.statements || excluded.statements
        """;

    private readonly bool _isNeeded = version is not null && script.Statements.Count(statement => statement.HasCode) > 1;
    private NpgsqlConnection? _own;

    /// <summary>True when there is a row to take away.</summary>
    public bool IsRemembered { get; private set; }

    /// <summary>How many of the script's statements ran before.</summary>
    /// <exception cref="DeployException"><see cref="ErrorTable.UnfinishedMigrationChanged"/>: what ran does not stand in the file any more.</exception>
    public async Task<int> CountDoneAsync(CancellationToken cancellationToken)
    {
        if (!_isNeeded || !await ExistsAsync(connection, cancellationToken).ConfigureAwait(false))
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
        if (!_isNeeded)
        {
            return;
        }

        if (_own is null)
        {
            _own = connection.CloneWith(connection.ConnectionString);
            await _own.OpenAsync(cancellationToken).ConfigureAwait(false);
            using var create = new NpgsqlCommand(CreateSql, _own);
            await create.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        using var command = new NpgsqlCommand(AddSql, _own)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = version },
                new NpgsqlParameter { Value = statement.Stored, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        IsRemembered = true;
    }

    /// <summary>Takes the note away, together with the row of the history.</summary>
    public NpgsqlBatchCommand Forget() => new("delete from supabase_migrations.unfinished_files where version = $1")
    {
        Parameters = { new NpgsqlParameter { Value = version } },
    };

    /// <summary>Takes away what is noted of versions that are taken back.</summary>
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

    private static Task<bool> ExistsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ScalarAsync<bool>("select to_regclass('supabase_migrations.unfinished_files') is not null", cancellationToken);

    private DeployException Changed(int index) => new(
        ErrorTable.UnfinishedMigrationChanged,
        $"'{script.FileName}' was begun before, outside a transaction, and its statement {index + 1} ran in another form than it has now. Nothing more was run.",
        "Put that statement back as it was and write what is to be different into a later migration; or undo by hand what ran, and delete the version from 'supabase_migrations.unfinished_files'.",
        script.Path);
}
