using Npgsql;
using SupabaseDeploy.Errors;

namespace SupabaseDeploy.Deployments;

/// <summary>The schema that a deployment leaves, read beside its last steps where nothing changes it any more.</summary>
internal sealed class LeftSchema(DeploymentRecord record) : IAsyncDisposable
{
    private WorkBeside<NewRecordedSchema?>? _reading;

    /// <summary>Begins to read it.</summary>
    public void Begin(CancellationToken cancellationToken) => _reading = new WorkBeside<NewRecordedSchema?>(record.MeasureSchemaAsync, cancellationToken);

    /// <summary>What is to be recorded with the end; null for nothing. Where the reading beside other work was cut, it is read once more.</summary>
    public async Task<NewRecordedSchema?> FinishAsync(DeploymentStatus status, CancellationToken cancellationToken)
    {
        if (!RecordedSchema.IsLeftBy(status))
        {
            return null;
        }

        try
        {
            return await (_reading?.Result ?? record.MeasureSchemaAsync(cancellationToken)).ConfigureAwait(false);
        }
        catch (Exception e) when (_reading is not null && e is NpgsqlException or DeployException)
        {
            return await record.MeasureSchemaAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives up what is being read: it will be changed after all, or nobody asks for it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_reading is { } reading)
        {
            _reading = null;
            await reading.DisposeAsync().ConfigureAwait(false);
        }
    }
}
