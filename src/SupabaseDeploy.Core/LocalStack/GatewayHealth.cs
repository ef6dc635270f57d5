using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupabaseDeploy.LocalStack;

/// <summary>What a gateway answers at <see cref="Path"/>.</summary>
/// <param name="Status"><c>serving</c>; <c>waiting</c> before the first release; <c>missing</c> when the release to serve is not on disk.</param>
/// <param name="Release">The release it serves now; null for none.</param>
/// <param name="Environment">The environment it serves.</param>
/// <param name="Pid">Its process id.</param>
/// <param name="StartedAt">When it started, UTC.</param>
/// <param name="Plan">Hash of the <see cref="ServicePlan"/> it carries out.</param>
/// <param name="Services">The services it runs, as they are now.</param>
public sealed record GatewayHealth(
    string Status, string? Release, string Environment, int Pid, DateTimeOffset StartedAt, string Plan, IReadOnlyList<ServiceReport> Services)
{
    /// <summary>Where a gateway tells its health.</summary>
    public const string Path = "/_gateway/health";

    /// <summary>The answer's body.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, GatewayHealthJson.Default.GatewayHealth);

    /// <summary>Reads an answer's body.</summary>
    /// <exception cref="JsonException">Something else than a gateway answered.</exception>
    public static GatewayHealth Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, GatewayHealthJson.Default.GatewayHealth) ?? throw new JsonException("The answer is null.");
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(GatewayHealth))]
internal sealed partial class GatewayHealthJson : JsonSerializerContext;
