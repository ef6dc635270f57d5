using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Statements that are sent together, in one round trip, and know where in the script they come from.</summary>
/// <param name="connection">Where they are sent.</param>
/// <param name="script">Where they are from.</param>
/// <param name="outcomeOfFailure">What a failure leaves, for its message.</param>
/// <param name="isLocal">Whether the server takes the platform's statements in our local form.</param>
internal sealed class PendingBatch(NpgsqlConnection connection, SqlScript script, string outcomeOfFailure, bool isLocal = false)
{
    // Enough for one round trip a usual file, small enough that a big one is cancelled soon and held in pieces.
    private const int MostStatements = 250;
    private const int MostCharacters = 512 * 1024;
    private const int CharactersOfRowsAtOnce = 64 * 1024;

    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(5);

    private readonly Dictionary<NpgsqlBatchCommand, SqlStatement> _sources = [];
    private readonly List<NpgsqlBatchCommand> _commands = [];
    private int _characters;

    public void Add(string sql) => Add(new NpgsqlBatchCommand(sql));

    public void Add(NpgsqlBatchCommand command) => _commands.Add(command);

    public void Add(SqlStatement statement)
    {
        var command = new NpgsqlBatchCommand((isLocal ? PlatformStatements.Translate(statement, connection.PostgreSqlVersion.Major) : null) ?? statement.Text);
        _sources.Add(command, statement);
        _commands.Add(command);
        _characters += statement.Length;
    }

    /// <summary>Adds a statement of the script, and sends what is there when it is enough, or when rows follow the statement.</summary>
    public async Task AddAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        if (statement.CopyRows is { } rows)
        {
            await SendAsync(cancellationToken).ConfigureAwait(false);
            await CopyAsync(statement, statement.Script.AsMemory(rows), cancellationToken).ConfigureAwait(false);
            return;
        }

        Add(statement);
        if (_commands.Count >= MostStatements || _characters >= MostCharacters)
        {
            await SendAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <exception cref="DeployException">The server refused one of them; the message says which and where it stands.</exception>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        if (_commands.Count == 0)
        {
            return;
        }

        try
        {
            using var batch = new NpgsqlBatch(connection);
            foreach (NpgsqlBatchCommand command in _commands)
            {
                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            throw Describe(e.BatchCommand is { } failed ? _sources.GetValueOrDefault(failed) : null, e);
        }

        _commands.Clear();
        _sources.Clear();
        _characters = 0;
    }

    private async Task CopyAsync(SqlStatement statement, ReadOnlyMemory<char> text, CancellationToken cancellationToken)
    {
        Task ending = Task.CompletedTask;
        // The server may be busy with a row: only another connection reaches it then.
        using CancellationTokenRegistration registration = cancellationToken.Register(() => ending = EndStatementAsync());
        try
        {
            // The driver wants COPY to be the first word.
            NpgsqlCopyTextWriter rows = await connection.BeginTextImportAsync(statement.Code, cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                await WriteAsync(rows, text, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is PostgresException or ObjectDisposedException && cancellationToken.IsCancellationRequested)
        {
            // The server's answer to the end of the statement, or rows that the writer still held when the COPY was given up.
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (PostgresException e)
        {
            throw Describe(statement, e);
        }
        finally
        {
            await ending.ConfigureAwait(false);
        }
    }

    // A writer that is only closed ends the COPY well: outside a transaction, the rows so far would stay.
    private static async Task WriteAsync(NpgsqlCopyTextWriter rows, ReadOnlyMemory<char> text, CancellationToken cancellationToken)
    {
        try
        {
            for (int position = 0; position < text.Length; position += CharactersOfRowsAtOnce)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ReadOnlyMemory<char> piece = text.Slice(position, Math.Min(CharactersOfRowsAtOnce, text.Length - position));
                // A write that is broken off leaves the connection in no state to say so to the server.
                await rows.WriteAsync(piece, CancellationToken.None).ConfigureAwait(false);
            }

            await rows.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException)
        {
            await rows.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task EndStatementAsync()
    {
        using var limit = new CancellationTokenSource(s_endLimit);
        try
        {
            NpgsqlConnection other = connection.CloneWith(connection.ConnectionString);
            await using (other.ConfigureAwait(false))
            {
                await other.OpenAsync(limit.Token).ConfigureAwait(false);
                using var command = new NpgsqlCommand("select pg_cancel_backend($1)", other) { Parameters = { new NpgsqlParameter { Value = connection.ProcessID } } };
                await command.ExecuteNonQueryAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or InvalidOperationException)
        {
            // Then the COPY is ended as soon as the server reads again.
        }
    }

    private DeployException Describe(SqlStatement? statement, PostgresException error)
    {
        bool recordedMeanwhile = statement is null && error.SqlState == PostgresErrorCodes.UniqueViolation && error.TableName == "schema_migrations";
        return recordedMeanwhile
            ? new DeployException(
                ErrorTable.MigrationHistoryMismatch,
                $"'{script.FileName}' was recorded by another program while this one ran. {outcomeOfFailure}",
                "Run the command again: it continues from the history as it is now.",
                script.Path,
                error)
            : ScriptFailure.Describe(script, statement, error, outcomeOfFailure);
    }
}
