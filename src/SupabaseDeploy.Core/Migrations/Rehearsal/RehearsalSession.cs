using System.Collections.Concurrent;
using Npgsql;
using SupabaseDeploy.Events;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Two sessions of a shadow database: the one at work, as the migrating role, and one that watches it as a superuser.
/// </summary>
internal sealed class RehearsalSession : IAsyncDisposable
{
    // With a nearly empty table the planner reads all of it even where it would use an index on a big one. So scans are made unattractive,
    // and one that happens all the same has no index it could use. The planner then counts such a scan as very expensive and would compile it.
    private const string FreshSession = "reset all; reset session authorization; reset role; set enable_seqscan = off; set jit = off";

    private readonly ConcurrentQueue<ToldEvent> _told = new();

    private RehearsalSession(NpgsqlConnection working, NpgsqlConnection observer, DatabaseAddress administration, IProgressSink sink)
    {
        Working = working;
        Observer = observer;
        Administration = administration;
        Locks = new HeldLocks(observer, working.ProcessID);
        working.Notice += (_, notice) => Hear(notice.Notice, sink);
    }

    /// <summary>Runs the statements.</summary>
    public NpgsqlConnection Working { get; }

    /// <summary>Watches, and reads what is committed.</summary>
    public NpgsqlConnection Observer { get; }

    /// <summary>For more sessions of the superuser.</summary>
    public DatabaseAddress Administration { get; }

    /// <summary>The locks of <see cref="Working"/>.</summary>
    public HeldLocks Locks { get; }

    public static async Task<RehearsalSession> OpenAsync(DatabaseAddress application, DatabaseAddress administration, IProgressSink sink, CancellationToken cancellationToken)
    {
        NpgsqlConnection observer = await administration.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RehearsalTriggers.InstallAsync(observer, cancellationToken).ConfigureAwait(false);
            NpgsqlConnection working = await application.OpenAsync(cancellationToken, MigrationSession.ApplicationName).ConfigureAwait(false);
            return new RehearsalSession(working, observer, administration, sink);
        }
        catch
        {
            await observer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes back what a file changed of the session.</summary>
    public Task ResetAsync(CancellationToken cancellationToken) => ExecuteAsync(FreshSession, cancellationToken);

    /// <summary>Runs one statement of ours in the session at work.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        using var command = new NpgsqlCommand(sql, Working);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs one statement of a file, with its rows when it is a <c>COPY</c>.</summary>
    public async Task ExecuteAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        if (statement.CopyData is null)
        {
            // A batch sends the statement as it is; a command would look for parameters in it.
            using var batch = new NpgsqlBatch(Working) { BatchCommands = { new NpgsqlBatchCommand(statement.Text) } };
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        TextWriter rows = await Working.BeginTextImportAsync(statement.Text, cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            await rows.WriteAsync(statement.CopyData.AsMemory(), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What the event triggers told since the last call.</summary>
    public IReadOnlyList<ToldEvent> TakeTold()
    {
        var told = new List<ToldEvent>();
        while (_told.TryDequeue(out ToldEvent? next))
        {
            told.Add(next);
        }

        return told;
    }

    public async ValueTask DisposeAsync()
    {
        await Working.DisposeAsync().ConfigureAwait(false);
        await Observer.DisposeAsync().ConfigureAwait(false);
    }

    private void Hear(PostgresNotice notice, IProgressSink sink)
    {
        if (RehearsalTriggers.Read(notice) is { } told)
        {
            _told.Enqueue(told);
        }
        else
        {
            sink.Publish(new Detail($"{notice.InvariantSeverity}: {notice.MessageText}"));
        }
    }
}
