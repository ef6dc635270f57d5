using System.Globalization;
using Npgsql;
using SupabaseDeploy.Environments;
using SupabaseDeploy.Errors;
using SupabaseDeploy.Events;

namespace SupabaseDeploy.Migrations;

/// <summary>
/// Runs files one after the other until it is known how each ended. A file that lost against another session is tried again; when the
/// connection is lost, a new one asks the history.
/// </summary>
internal sealed class FileRun : IAsyncDisposable
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    private readonly MigrationSettings _settings;
    private readonly MigrationSession _session;
    private readonly LockGuard _guard;
    private readonly BlockerWatch _blockers;
    private readonly IProgressSink _sink;
    private readonly TimeProvider _time;

    public FileRun(MigrationRequest request, MigrationSession session, LockGuard guard, IProgressSink sink, TimeProvider time)
    {
        _settings = request.Settings ?? request.Environment.Migrations;
        _session = session;
        _guard = guard;
        _sink = sink;
        _time = time;
        _blockers = new BlockerWatch(request.Database, session, _settings.LockTimeout, sink, time);
        Scripts = NewScripts();
    }

    /// <summary>The versions of which an earlier run kept a part.</summary>
    public IReadOnlySet<string> Begun { get; init; } = new HashSet<string>();

    /// <summary>The scripts' session as it is now: a lost connection is replaced.</summary>
    public ScriptSession Scripts { get; private set; }

    /// <summary>Runs a file and adds its row to the history.</summary>
    public Task ApplyAsync(MigrationFile file, SqlScript script, CancellationToken cancellationToken) =>
        RunAsync(file, script, () => MigrationHistory.Insert(file, script.Statements.Select(statement => statement.Stored)), isRecorded: true, cancellationToken);

    /// <summary>Runs a down script and takes the row away.</summary>
    public Task UndoAsync(MigrationFile file, SqlScript script, CancellationToken cancellationToken) =>
        RunAsync(file, script, () => MigrationHistory.Delete(file), isRecorded: false, cancellationToken);

    public ValueTask DisposeAsync() => _blockers.DisposeAsync();

    private ScriptSession NewScripts() => new(_session.Connection, new FreshSession(_settings, _session.Database), _sink);

    private async Task RunAsync(MigrationFile file, SqlScript script, Func<NpgsqlBatchCommand> record, bool isRecorded, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                _blockers.Begin(script.FileName);
                await (isRecorded
                    ? Scripts.RunAsync(script, record(), cancellationToken, file.Version, Begun.Contains(file.Version))
                    : Scripts.UndoAsync(script, record(), file.Version, cancellationToken)).ConfigureAwait(false);
                return;
            }
            catch (DeployException e) when (IsLost(e))
            {
                _blockers.End();
                await ResolveAsync(file, script, isRecorded, e, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (DeployException e) when (attempt < _settings.Retries && LostAgainstOther(e) && Scripts.IsInTransaction)
            {
                _blockers.End();
                await PauseAsync(script, attempt, e, cancellationToken).ConfigureAwait(false);
            }
            catch (DeployException e) when (LostAgainstOther(e))
            {
                throw WithBlockers(e, script, attempt);
            }
            finally
            {
                _blockers.End();
            }
        }
    }

    private static bool LostAgainstOther(DeployException e) =>
        e.InnerException is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

    private bool IsLost(DeployException e) =>
        e.Code == ErrorTable.MigrationConnectionLost
        || (e.Code == ErrorTable.MigrationFailed && _session.Connection.FullState != System.Data.ConnectionState.Open);

    private async Task PauseAsync(SqlScript script, int attempt, DeployException e, CancellationToken cancellationToken)
    {
        TimeSpan pause = Pause(attempt);
        var cause = (PostgresException)e.InnerException!;
        _sink.Publish(new Notice(string.Create(
            CultureInfo.InvariantCulture,
            $"{(script.Mode == ScriptMode.SeveralTransactions ? "A transaction of " : "")}'{script.FileName}' was rolled back: {cause.MessageText} (SQLSTATE {cause.SqlState}). Trying again in {pause.TotalSeconds:0.0} s ({attempt + 1} of {_settings.Retries}).")));
        await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        await _guard.EnsureHeldAsync(cancellationToken).ConfigureAwait(false);
    }

    // Doubled each time; two runners that lost against each other come back at different moments.
    private static TimeSpan Pause(int attempt)
    {
        double milliseconds = s_firstPause.TotalMilliseconds * Math.Pow(2, attempt) * (0.75 + (Random.Shared.NextDouble() / 2));
        return TimeSpan.FromMilliseconds(Math.Min(milliseconds, s_longestPause.TotalMilliseconds));
    }

    private DeployException WithBlockers(DeployException e, SqlScript script, int attempt)
    {
        string tried = attempt > 0 ? $"\nTried {attempt + 1} times." : "";
        string blockers = string.Concat(_blockers.Seen.Select(blocker => $"\nBlocked by {blocker}"));
        string remedy = script.Mode == ScriptMode.EachAlone || _blockers.Seen.Count == 0
            ? e.Remedy ?? ""
            : "Wait until the session that holds the lock is done, or end it with 'select pg_terminate_backend(<process>)'; then run the command again.";
        return new DeployException(e.Code, e.Message + tried + blockers, remedy, e.Target, e.InnerException);
    }

    /// <summary>Returns when the history says that the file did end well; whether it did is never guessed.</summary>
    private async Task ResolveAsync(MigrationFile file, SqlScript script, bool isRecorded, DeployException lost, CancellationToken cancellationToken)
    {
        string cause = lost.InnerException?.GetBaseException().Message ?? lost.Message;
        IReadOnlyList<AppliedVersion> history;
        try
        {
            await _session.ReopenAsync(cancellationToken).ConfigureAwait(false);
            await _guard.EnsureHeldNowAsync(cancellationToken).ConfigureAwait(false);
            history = await MigrationHistory.ReadAsync(_session.Connection, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DeployException or NpgsqlException)
        {
            throw new DeployException(
                ErrorTable.MigrationConnectionLost,
                $"The connection was lost while '{script.FileName}' ran: {cause}\nWhether the file was committed is not known, because the history could not be asked: {e.Message}",
                "Run the command again when the database answers: it reads from the history whether the file was committed, and goes on from there.",
                script.Path,
                lost);
        }

        Scripts = NewScripts();
        if (history.Any(row => row.Version == file.Version) == isRecorded)
        {
            _sink.Publish(new Caution($"The connection was lost when '{script.FileName}' was committed ({cause}). The history says that it was: going on."));
            return;
        }

        if (lost.Code != ErrorTable.MigrationConnectionLost)
        {
            throw lost;
        }

        string kept = script.Mode switch
        {
            ScriptMode.EachAlone => $"The {(isRecorded ? "file is not" : "migration is still")} recorded as applied. It runs outside a transaction: statements of it may have been kept.",
            _ when script.Mode == ScriptMode.SeveralTransactions || Begun.Contains(file.Version) => await KeptAsync(file, script, cancellationToken).ConfigureAwait(false),
            _ => "The history was asked again: nothing of this file was kept.",
        };
        throw new DeployException(
            ErrorTable.MigrationConnectionLost,
            $"The connection was lost while '{script.FileName}' ran: {cause}\n{kept}",
            "Run the command again: it continues with this file.",
            script.Path,
            lost);
    }

    private async Task<string> KeptAsync(MigrationFile file, SqlScript script, CancellationToken cancellationToken)
    {
        var unfinished = new UnfinishedScript(_session.Connection, _session.Database, script, file.Version, isBegun: true);
        await using (unfinished.ConfigureAwait(false))
        {
            int done = await unfinished.CountDoneAsync(cancellationToken).ConfigureAwait(false);
            bool isAlone = script.Groups.FirstOrDefault(group => group.End > done) is { Kind: GroupKind.Alone };
            return $"The database was asked again. {KeptStatements.Describe(script, done)}{(isAlone ? " What runs there runs outside a transaction, and may have been kept too." : "")}";
        }
    }
}
