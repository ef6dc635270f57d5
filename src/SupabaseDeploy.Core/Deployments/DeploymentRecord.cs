using System.Data;
using Npgsql;

namespace SupabaseDeploy.Deployments;

/// <summary>
/// What one deployment writes to its ledger, on one connection from its beginning to its end. A connection that was cut is opened anew, so that a
/// deployment outlives a restart of its server.
/// </summary>
internal sealed class DeploymentRecord(Ledger ledger) : IAsyncDisposable
{
    private LedgerSession? _session;

    /// <summary>Connects, and creates the ledger or brings it up to date. Every write does that too; this is for doing it beside other things.</summary>
    public Task PrepareAsync(CancellationToken cancellationToken) => ReadyAsync(cancellationToken);

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

    public ValueTask DisposeAsync() => _session?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A connection that answers: what is written next must not be written twice.</summary>
    private async Task<LedgerWriter> ReadyAsync(CancellationToken cancellationToken)
    {
        if (_session is null || !await _session.IsAliveAsync(cancellationToken).ConfigureAwait(false))
        {
            await DisposeAsync().ConfigureAwait(false);
            _session = await LedgerSession.OpenForWritingAsync(ledger.Database, cancellationToken).ConfigureAwait(false);
        }

        return new LedgerWriter(_session, ledger.Environment);
    }
}
