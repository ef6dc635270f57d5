using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupabaseDeploy.Targets.SupabaseCloud;

/// <summary>
/// The file <c>supabase-deploy.json</c> beside a bundle: which release is served, so that the host itself can be asked. Without a release while files are
/// being replaced: a publish that died there is not taken for either release.
/// </summary>
/// <param name="Release">The release's id; null for none, or none yet.</param>
internal sealed record WebMarker(string? Release)
{
    public const string FileName = "supabase-deploy.json";

    /// <summary>The files that are there, by path, with their SHA-256; empty where that is not known.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Files of the release before, which pages that are still open may ask for.</summary>
    public IReadOnlyList<string> Stale { get; init; } = [];

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, WebMarkerJson.Default.WebMarker);

    /// <summary>The marker; null for anything else, as the page that a host answers for a path it does not have.</summary>
    public static WebMarker? Parse(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, WebMarkerJson.Default.WebMarker);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(WebMarker))]
internal sealed partial class WebMarkerJson : JsonSerializerContext;
