using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupabaseDeploy.Targets.Local;

/// <summary>The file that says which functions are served, as the gateway's <c>functions/published.js</c> reads it.</summary>
/// <param name="Release">The release they are of.</param>
/// <param name="Functions">The functions by slug.</param>
internal sealed record PublishedFunctions(string Release, SortedDictionary<string, PublishedFunction> Functions)
{
    public static PublishedFunctions? Parse(string? json) =>
        json is null ? null : JsonSerializer.Deserialize(json, PublishedFunctionsJson.Default.PublishedFunctions);

    public string ToJson() => JsonSerializer.Serialize(this, PublishedFunctionsJson.Default.PublishedFunctions);
}

/// <summary>One function that is served.</summary>
/// <param name="Digest">Its digest in the release.</param>
/// <param name="VerifyJwt">Whether requests need a valid token.</param>
/// <param name="Entrypoint">Its first file, absolute.</param>
/// <param name="ImportMap">Its <c>deno.json</c> or import map, absolute; null for none.</param>
internal sealed record PublishedFunction(string Digest, bool VerifyJwt, string Entrypoint, string? ImportMap);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(PublishedFunctions))]
internal sealed partial class PublishedFunctionsJson : JsonSerializerContext;
