namespace SupabaseDeploy.Deployments;

/// <summary>A reading of the schema that goes on beside other work. Disposing gives it up.</summary>
internal sealed class SchemaReading : IAsyncDisposable
{
    private readonly DeploymentRecord _record;
    private readonly CancellationTokenSource _stop;
    private readonly Task<NewRecordedSchema?> _reading;

    public SchemaReading(DeploymentRecord record, CancellationToken cancellationToken)
    {
        _record = record;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _reading = record.MeasureSchemaAsync(_stop.Token);
    }

    /// <summary>What was read. Where that failed, it is read once more: the connection may have been cut in the meantime.</summary>
    public async Task<NewRecordedSchema?> FinishAsync(CancellationToken cancellationToken)
    {
        await ((Task)_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _reading.IsCompletedSuccessfully
            ? await _reading.ConfigureAwait(false)
            : await _record.MeasureSchemaAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await ((Task)_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
