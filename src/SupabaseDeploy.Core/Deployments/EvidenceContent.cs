using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SupabaseDeploy.Deployments;

/// <summary>The content of evidence: one JSON object with a sentence for people and the figures behind it.</summary>
internal static class EvidenceContent
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(string summary, params IEnumerable<(string Name, JsonNode? Value)> figures)
    {
        var content = new JsonObject { ["summary"] = summary };
        foreach ((string name, JsonNode? value) in figures)
        {
            content[name] = value;
        }

        return content.ToJsonString(s_json);
    }

    /// <summary>The sentence; the whole text of evidence from before there were figures.</summary>
    public static string Summary(string content) => Text(content, "summary") ?? content;

    /// <summary>One of the texts; null when there is none.</summary>
    public static string? Text(string content, string name) =>
        Parse(content)?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static JsonObject? Parse(string content)
    {
        try
        {
            return content.StartsWith('{') ? JsonNode.Parse(content) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null; // Text of an older version that only looks like JSON.
        }
    }
}
