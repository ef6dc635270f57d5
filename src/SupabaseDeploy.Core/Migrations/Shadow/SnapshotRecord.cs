using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupabaseDeploy.Migrations;

/// <summary>What is written beside the data of a snapshot.</summary>
/// <param name="Id">Another one for each making, so that a reader notices when the snapshot under it was replaced.</param>
/// <param name="Size">Bytes of its files.</param>
/// <param name="Keys">The keys of its chain, its own last.</param>
internal sealed record SnapshotRecord(Guid Id, long Size, IReadOnlyList<string> Keys)
{
    private const string Name = "snapshot.json";

    /// <summary>The record of a snapshot's folder; null when the folder is gone, or is not a snapshot.</summary>
    public static SnapshotRecord? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(folder, Name)), SnapshotJson.Default.SnapshotRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public void Write(string folder) => File.WriteAllText(Path.Combine(folder, Name), JsonSerializer.Serialize(this, SnapshotJson.Default.SnapshotRecord));
}

[JsonSerializable(typeof(SnapshotRecord))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
