using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Statements that are sent together, in one round trip, and know where in the script they come from.</summary>
internal sealed class PendingBatch(NpgsqlConnection connection, SqlScript script, string outcomeOfFailure)
{
    private readonly Dictionary<NpgsqlBatchCommand, SqlStatement> _sources = [];
    private readonly List<NpgsqlBatchCommand> _commands = [];

    public int Count => _commands.Count;

    public int Characters { get; private set; }

    public void Add(string sql) => Add(new NpgsqlBatchCommand(sql));

    public void Add(NpgsqlBatchCommand command) => _commands.Add(command);

    public void Add(SqlStatement statement)
    {
        var command = new NpgsqlBatchCommand(statement.Text);
        _sources.Add(command, statement);
        _commands.Add(command);
        Characters += statement.Text.Length;
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
        Characters = 0;
    }

    public DeployException Describe(SqlStatement? statement, PostgresException error)
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
