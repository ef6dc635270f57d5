using System.Data;
using Npgsql;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// What one deployment writes to its ledger, on one connection from its beginning to its end. A connection that was cut is opened anew, so that a
/// deployment outlives a restart of its server.
/// </summary>
internal sealed class DeploymentRecord(Ledger ledger) : IAsyncDisposable
{
    private WorkBeside<LedgerSession>? _connecting;
    private LedgerSession? _session;

    /// <summary>Begins to connect. Every write does that too; this is for doing it beside other things.</summary>
    public void Begin(CancellationToken cancellationToken) =>
        _connecting = new WorkBeside<LedgerSession>(token => LedgerSession.OpenAsync(ledger.Database, token, ledger.Machine), cancellationToken);

    /// <summary>Creates the ledger or brings it up to date, where nothing is to be written yet.</summary>
    /// <param name="isPublish">True when what is going to be written has a time that gates compare.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.DeployException"><see cref="Errors.ErrorTable.ClocksDiffer"/>.</exception>
    public async Task PrepareAsync(bool isPublish, CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (isPublish)
        {
            _session!.Clock.EnsureAgree(ledger.Environment);
        }
    }

    /// <summary>Writes a deployment that has begun, with the steps done so far, and gives it its number.</summary>
    public async Task<Deployment> BeginAsync(Deployment deployment, CancellationToken cancellationToken) =>
        await (await ReadyAsync(cancellationToken).ConfigureAwait(false)).BeginAsync(deployment, cancellationToken).ConfigureAwait(false);

    /// <summary>Writes the steps from a position on, as they stand, in one transaction.</summary>
    public async Task WriteStepsAsync(Deployment deployment, int from, CancellationToken cancellationToken)
    {
        if (_session is { Connection.State: ConnectionState.Open } held)
        {
            try
            {
                await new LedgerWriter(held, ledger.Environment).WriteStepsAsync(deployment, from, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (NpgsqlException) when (held.Connection.State != ConnectionState.Open)
            {
                // It was cut, before or after they were written: writing them again changes nothing that has ended.
            }
        }

        await (await ReadyAsync(cancellationToken).ConfigureAwait(false)).WriteStepsAsync(deployment, from, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what happened besides the steps, in order.</summary>
    public async Task<IReadOnlyList<LedgerEvent>> AppendEventsAsync(Guid deployment, IReadOnlyList<LedgerEvent> events, CancellationToken cancellationToken) =>
        await (await ReadyAsync(cancellationToken).ConfigureAwait(false)).AppendEventsAsync(deployment, events, cancellationToken).ConfigureAwait(false);

    /// <summary>Adds a fact that a deployment brought to the chain.</summary>
    public async Task AppendEvidenceAsync(NewEvidence facts, Guid deployment, DateTimeOffset recordedAt, CancellationToken cancellationToken) =>
        await (await ReadyAsync(cancellationToken).ConfigureAwait(false)).AppendEvidenceAsync(facts, recordedAt, cancellationToken, deployment).ConfigureAwait(false);

    /// <summary>Writes the end, with the steps from a position on, the evidence and the schema: all or nothing.</summary>
    public async Task FinishAsync(Deployment deployment, int from, NewEvidence? evidence, NewRecordedSchema? schema, CancellationToken cancellationToken) =>
        await (await ReadyAsync(cancellationToken).ConfigureAwait(false)).FinishAsync(deployment, from, evidence, schema, cancellationToken).ConfigureAwait(false);

    /// <summary>Records the schema as the contracting migrations of a finished deployment left it.</summary>
    public async Task RecordSchemaAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        LedgerWriter writer = await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (await RecordedSchema.MeasureAsync(_session!.Connection, cancellationToken).ConfigureAwait(false) is { } schema)
        {
            await writer.RecordSchemaAsync(schema, deployment, cancellationToken).ConfigureAwait(false);
        }
    }

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
        if (_connecting is { } connecting)
        {
            _connecting = null;
            await connecting.DisposeAsync().ConfigureAwait(false);
            await (connecting.Result.IsCompletedSuccessfully ? (await connecting.Result.ConfigureAwait(false)).DisposeAsync() : ValueTask.CompletedTask).ConfigureAwait(false);
        }

        await (_session?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
    }

    /// <summary>A connection that answers: what is written next must not be written twice.</summary>
    private async Task<LedgerWriter> ReadyAsync(CancellationToken cancellationToken)
    {
        _session ??= await TakeConnectedAsync().ConfigureAwait(false);
        if (_session is not { Connection.State: ConnectionState.Open } || !await IsReadyAsync(_session, cancellationToken).ConfigureAwait(false))
        {
            await DisposeAsync().ConfigureAwait(false);
            _session = await LedgerSession.OpenForWritingAsync(ledger.Database, cancellationToken, ledger.Machine).ConfigureAwait(false);
        }

        return new LedgerWriter(_session, ledger.Environment);
    }

    /// <summary>False when the connection was cut.</summary>
    private static async Task<bool> IsReadyAsync(LedgerSession session, CancellationToken cancellationToken)
    {
        try
        {
            await session.MigrateAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (NpgsqlException) when (session.Connection.State != ConnectionState.Open)
        {
            return false;
        }
    }

    /// <summary>What was begun before; null when nothing was, or when it failed: whoever connects anew hears why.</summary>
    private async Task<LedgerSession?> TakeConnectedAsync()
    {
        if (_connecting is not { } connecting)
        {
            return null;
        }

        _connecting = null;
        await using (connecting.ConfigureAwait(false))
        {
            await ((Task)connecting.Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return connecting.Result.IsCompletedSuccessfully ? await connecting.Result.ConfigureAwait(false) : null;
        }
    }
}
