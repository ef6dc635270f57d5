using System.Data;
using Npgsql;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// What one deployment writes to its ledger, on one connection from its beginning to its end. A connection that was cut is opened anew, so that a
/// deployment outlives a restart of its server.
/// </summary>
internal sealed class DeploymentRecord(Ledger ledger) : IAsyncDisposable
{
    private OpenedBeside<LedgerSession>? _connecting;
    private LedgerSession? _session;

    /// <summary>Begins to connect. Every write does that too; this is for doing it beside other things.</summary>
    public void Begin(CancellationToken cancellationToken) =>
        _connecting = new OpenedBeside<LedgerSession>(token => LedgerSession.OpenAsync(ledger.Database, token, ledger.Machine), cancellationToken);

    /// <summary>Creates the ledger or brings it up to date, where nothing is to be written yet.</summary>
    /// <param name="isPublish">True when what is going to be written has a time that gates compare.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.DeployException"><see cref="Errors.ErrorTable.ClocksDiffer"/>.</exception>
    public async Task PrepareAsync(bool isPublish, CancellationToken cancellationToken)
    {
        LedgerSession session = await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (isPublish)
        {
            session.Clock.EnsureAgree(ledger.Environment);
        }
    }

    /// <summary>Writes a deployment that has begun, with the steps done so far, and gives it its number.</summary>
    public Task<Deployment> BeginAsync(Deployment deployment, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.BeginAsync(deployment, cancellationToken), cancellationToken);

    /// <summary>Writes the steps from a position on, as they stand, in one transaction.</summary>
    public Task WriteStepsAsync(Deployment deployment, int from, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.WriteStepsAsync(deployment, from, cancellationToken), cancellationToken);

    /// <summary>Writes what happened besides the steps, in order.</summary>
    public Task<IReadOnlyList<LedgerEvent>> AppendEventsAsync(Guid deployment, IReadOnlyList<LedgerEvent> events, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.AppendEventsAsync(deployment, events, cancellationToken), cancellationToken);

    /// <summary>Adds a fact that a deployment brought to the chain.</summary>
    public Task AppendEvidenceAsync(NewEvidence facts, Guid deployment, DateTimeOffset recordedAt, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.AppendEvidenceAsync(facts, recordedAt, cancellationToken, deployment), cancellationToken);

    /// <summary>Writes the end, with the steps from a position on, the evidence and the schema: all or nothing.</summary>
    public Task FinishAsync(Deployment deployment, int from, NewEvidence? evidence, NewRecordedSchema? schema, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.FinishAsync(deployment, from, evidence, schema, cancellationToken), cancellationToken);

    /// <summary>Records the schema as the contracting migrations of a finished deployment left it.</summary>
    public Task RecordSchemaAsync(Deployment deployment, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.RecordSchemaAsync(deployment, cancellationToken), cancellationToken);

    /// <summary>Reads the schema to record, on a connection of its own: other things may be written meanwhile. Null where the recorded one stays.</summary>
    public async Task<NewRecordedSchema?> MeasureSchemaAsync(CancellationToken cancellationToken)
    {
        LedgerSession session = await LedgerSession.OpenAsync(ledger.Database, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            return await RecordedSchema.MeasureNewAsync(session.Connection, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_connecting?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        await (_session?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
    }

    private Task WriteAsync(Func<LedgerWriter, Task> write, CancellationToken cancellationToken) => WriteAsync(
        async writer =>
        {
            await write(writer).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>Writes once more where the connection was cut, before or after it was written: see <see cref="LedgerWriter"/>.</summary>
    private async Task<T> WriteAsync<T>(Func<LedgerWriter, Task<T>> write, CancellationToken cancellationToken)
    {
        LedgerSession session = await ReadyAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await write(new LedgerWriter(session, ledger.Environment)).ConfigureAwait(false);
        }
        catch (NpgsqlException) when (!IsOpen(session))
        {
            session = await ReadyAsync(cancellationToken).ConfigureAwait(false);
            return await write(new LedgerWriter(session, ledger.Environment)).ConfigureAwait(false);
        }
    }

    /// <summary>A connection to a ledger that is up to date.</summary>
    private async Task<LedgerSession> ReadyAsync(CancellationToken cancellationToken)
    {
        if (_session is null && _connecting is not null && await _connecting.TakeAsync().ConfigureAwait(false) is { } connected)
        {
            _session = connected;
            await TryMigrateAsync(connected, cancellationToken).ConfigureAwait(false);
        }

        if (_session is null || !IsOpen(_session))
        {
            await DisposeAsync().ConfigureAwait(false);
            _session = await LedgerSession.OpenForWritingAsync(ledger.Database, cancellationToken, ledger.Machine).ConfigureAwait(false);
        }

        return _session;
    }

    private static async Task TryMigrateAsync(LedgerSession session, CancellationToken cancellationToken)
    {
        try
        {
            await session.MigrateAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException) when (!IsOpen(session))
        {
            // It was cut: another one is opened.
        }
    }

    private static bool IsOpen(LedgerSession session) => session.Connection.State == ConnectionState.Open;
}
