using System.Text.Json;
using System.Text.Json.Serialization;
using SupabaseDeploy.Environments;

namespace SupabaseDeploy.LocalStack;

/// <summary>What is kept of a stack between runs, for us (the gateway's port) and for whoever looks: <c>stack.json</c>. Nothing secret.</summary>
internal sealed record StackRecord
{
    public required string Environment { get; init; }

    public required LocalStackState State { get; init; }

    public required IReadOnlyList<LocalService> Services { get; init; }

    /// <summary>Port of a service when it was last seen; null when it has never run.</summary>
    public int? PortOf(string service) => Services.FirstOrDefault(known => known.Name == service)?.Port is > 0 and int port ? port : null;

    public static StackRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), StackRecordJson.Default.StackRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null; // Only the wish for the same ports is lost; what runs is asked, never read from here.
        }
    }

    public Task WriteAsync(string path, CancellationToken cancellationToken) =>
        AtomicFile.WriteAllTextAsync(path, JsonSerializer.Serialize(this, StackRecordJson.Default.StackRecord) + "\n", null, cancellationToken);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, UseStringEnumConverter = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StackRecord))]
internal sealed partial class StackRecordJson : JsonSerializerContext;
