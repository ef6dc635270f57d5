using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using SupabaseDeploy.Deployments;
using SupabaseDeploy.Migrations;

namespace SupabaseDeploy.LocalStack;

/// <summary>
/// The schema of a database that came whole from a snapshot. Each copy has the same, and reading that of a thousand tables takes longer
/// than copying them: so it is read from the first copy and kept with the snapshot.
/// </summary>
internal sealed class SnapshotSchema(MadeShadow made)
{
    private const string Note = "schema.json";

    public async Task<NewRecordedSchema?> MeasureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (made.IsWhollyCached && made.Snapshots.ReadNote(Note) is { } known)
        {
            return JsonSerializer.Deserialize(known, SnapshotSchemaJson.Default.NewRecordedSchema);
        }

        NewRecordedSchema? measured = await RecordedSchema.MeasureAsync(connection, cancellationToken).ConfigureAwait(false);
        if (measured is not null)
        {
            string text = JsonSerializer.Serialize(measured, SnapshotSchemaJson.Default.NewRecordedSchema);
            made.Snapshots.KeepNote(await made.Content.ReadChainAsync(cancellationToken).ConfigureAwait(false), Note, text);
        }

        return measured;
    }
}

[JsonSerializable(typeof(NewRecordedSchema))]
internal sealed partial class SnapshotSchemaJson : JsonSerializerContext;
