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

    /// <summary>The engine it was started with last.</summary>
    public LocalStackEngine Engine { get; init; } = LocalStackEngine.Embedded;

    /// <summary>Why it was that one.</summary>
    public string? EngineReason { get; init; }

    /// <summary>Every engine that may have data of this stack.</summary>
    public IReadOnlyList<LocalStackEngine> Engines { get; init; } = [LocalStackEngine.Embedded];

    /// <summary>The services that were chosen last; null for all.</summary>
    public IReadOnlyList<string>? Chosen { get; init; }

    /// <summary>The engine it was started with last, and why.</summary>
    [JsonIgnore]
    public EngineChoice Choice => new(Engine, EngineReason ?? "the stack was started with it before");

    /// <summary>A stack that was never started.</summary>
    public static StackRecord Empty(string environment) =>
        new() { Environment = environment, State = LocalStackState.Stopped, Services = [], Engines = [] };

    /// <summary>The same stack with an engine.</summary>
    public StackRecord With(EngineChoice choice) =>
        this with { Engine = choice.Engine, EngineReason = choice.Reason, Engines = [.. Engines.Union([choice.Engine])] };

    /// <summary>The same stack as it was seen. Services that are not run any more keep their ports.</summary>
    public StackRecord Seen(LocalStackInfo stack) => this with
    {
        State = stack.State,
        Services =
        [
            .. stack.Services,
            .. Services
                .Where(known => known.Port > 0 && stack.Services.All(seen => seen.Name != known.Name))
                .Select(known => new LocalService(known.Name, IsRunning: false, ProcessId: null, known.Port, Version: null, StartedAt: null)),
        ],
    };

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
