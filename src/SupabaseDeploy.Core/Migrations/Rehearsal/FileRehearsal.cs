using Npgsql;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Postgres;

namespace SupabaseDeploy.Migrations;

/// <summary>Runs one file on a shadow database as the runner would, statement by statement, and watches what each does.</summary>
internal sealed class FileRehearsal
{
    private readonly RehearsalSession _session;
    private readonly MigrationFile _file;
    private readonly SqlScript _script;
    private readonly TimeProvider _time;
    private readonly ChangeWatch _watch;
    private readonly MaintenanceWatch _maintenance;
    private readonly List<StatementObservation> _observed = [];
    private readonly List<(int Index, long Start)> _open = [];
    private SqlStatement? _current;
    private int _transactions;
    private bool _isOpen;
    private bool _isRunning;

    private FileRehearsal(RehearsalSession session, MigrationFile file, SqlScript script, KnownRelations known, TimeProvider time)
    {
        _session = session;
        _file = file;
        _script = script;
        _time = time;
        _watch = new ChangeWatch(session, known);
        _maintenance = new MaintenanceWatch(session, known, time);
    }

    /// <summary>Runs <paramref name="script"/>. What the server refuses is in the result; the database is then as after the runner's failure.</summary>
    public static async Task<FileObservation> RunAsync(
        RehearsalSession session, MigrationFile file, SqlScript script, TimeProvider time, CancellationToken cancellationToken)
    {
        await session.ResetAsync(cancellationToken).ConfigureAwait(false);
        KnownRelations known = await KnownRelations.ReadAsync(session.Observer, cancellationToken).ConfigureAwait(false);
        session.TakeTold();
        return await new FileRehearsal(session, file, script, known, time).RunAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<FileObservation> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunStatementsAsync(cancellationToken).ConfigureAwait(false);
            return new FileObservation(_file, _script, _observed, null, null);
        }
        catch (PostgresException e) when (_isRunning) // What our own questions run into is no failure of the file.
        {
            DeployException failure = ScriptFailure.Describe(_script, _current, e, "This is a rehearsal: nothing but the shadow database was touched.");
            if (_isOpen)
            {
                await _session.ExecuteAsync("rollback", cancellationToken).ConfigureAwait(false);
            }

            return new FileObservation(_file, _script, _observed, _current, failure);
        }
    }

    private async Task RunStatementsAsync(CancellationToken cancellationToken)
    {
        foreach (StatementGroup group in _script.Groups)
        {
            if (group.Kind == GroupKind.Ours)
            {
                await BeginAsync("begin", cancellationToken).ConfigureAwait(false);
            }

            foreach (SqlStatement statement in _script.Statements.Take(group.First..group.End))
            {
                _current = statement;
                await RunAsync(statement, StatementRoles.Of(statement), cancellationToken).ConfigureAwait(false);
            }

            _current = null;
            if (group.Kind == GroupKind.Ours)
            {
                await EndAsync("commit", cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private Task RunAsync(SqlStatement statement, StatementRole role, CancellationToken cancellationToken) => role switch
    {
        StatementRole.Comment => Task.CompletedTask,
        StatementRole.Begin => BeginAsync(statement.Text, cancellationToken),
        StatementRole.Commit or StatementRole.OtherTransactionControl => EndAsync(statement.Text, cancellationToken),
        _ when _isOpen => RunInsideAsync(statement, cancellationToken),
        StatementRole.OutsideTransaction => RunOutsideAsync(statement, cancellationToken),
        StatementRole.Setting => RunSettingAsync(statement, cancellationToken),
        _ => MayCommit(statement) ? RunOutsideAsync(statement, cancellationToken) : RunAloneAsync(statement, cancellationToken),
    };

    private async Task BeginAsync(string sql, CancellationToken cancellationToken)
    {
        await WatchedAsync(() => _session.ExecuteAsync(sql, cancellationToken)).ConfigureAwait(false);
        _isOpen = true;
        _transactions++;
        await _watch.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task EndAsync(string sql, CancellationToken cancellationToken)
    {
        await WatchedAsync(() => _session.ExecuteAsync(sql, cancellationToken)).ConfigureAwait(false);
        _isOpen = false;
        foreach ((int index, long start) in _open)
        {
            TimeSpan held = _time.GetElapsedTime(start);
            _observed[index] = _observed[index] with { Locks = [.. _observed[index].Locks.Select(taken => taken with { HeldFor = held })] };
        }

        _open.Clear();
    }

    private async Task RunInsideAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        await _watch.PrepareAsync(statement, cancellationToken).ConfigureAwait(false);
        long start = _time.GetTimestamp();
        await WatchedAsync(() => _session.ExecuteAsync(statement, cancellationToken)).ConfigureAwait(false);
        TimeSpan duration = _time.GetElapsedTime(start);
        StatementObservation observed = await _watch.LookAsync(statement, cancellationToken).ConfigureAwait(false);
        _open.Add((_observed.Count, start));
        _observed.Add(observed with { Duration = duration, Transaction = _transactions });
    }

    /// <summary>On its own, but in a transaction that we hold open until its locks are read. For the server it is the same.</summary>
    private async Task RunAloneAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        await BeginAsync("begin", cancellationToken).ConfigureAwait(false);
        await RunInsideAsync(statement, cancellationToken).ConfigureAwait(false);
        await EndAsync("commit", cancellationToken).ConfigureAwait(false);
    }

    private async Task RunOutsideAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        await _watch.StartOutsideAsync(cancellationToken).ConfigureAwait(false);
        await _watch.PrepareAsync(statement, cancellationToken).ConfigureAwait(false);
        long start = _time.GetTimestamp();
        Dictionary<uint, LockMode> seen = await _maintenance.RunAsync(
            statement.Text, () => WatchedAsync(() => _session.ExecuteAsync(statement, cancellationToken)), cancellationToken).ConfigureAwait(false);
        TimeSpan duration = _time.GetElapsedTime(start);
        StatementObservation observed = await _watch.LookOutsideAsync(statement, seen, cancellationToken).ConfigureAwait(false);
        _observed.Add(observed with { Duration = duration, Locks = [.. observed.Locks.Select(taken => taken with { HeldFor = duration })] });
    }

    // In a transaction of its own a SET LOCAL or a plain SET would mean something else.
    private async Task RunSettingAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        await WatchedAsync(() => _session.ExecuteAsync(statement, cancellationToken)).ConfigureAwait(false);
        _observed.Add(new StatementObservation { Statement = statement, Duration = _time.GetElapsedTime(start), Transaction = 0 });
    }

    private async Task WatchedAsync(Func<Task> statement)
    {
        _isRunning = true;
        await statement().ConfigureAwait(false);
        _isRunning = false;
    }

    private static bool MayCommit(SqlStatement statement) => statement.Words().FirstOrDefault() is "DO" or "CALL";
}
