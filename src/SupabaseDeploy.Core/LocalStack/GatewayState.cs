using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupabaseDeploy.LocalStack;

/// <summary>What a gateway writes when it listens, so that it can be found again.</summary>
/// <param name="Process">The gateway's process.</param>
/// <param name="Port">The TCP port on 127.0.0.1.</param>
/// <param name="StartedAt">When it started, UTC.</param>
/// <param name="Environment">The environment it serves.</param>
/// <param name="WebRoot">The web root it serves: that of another folder when the project was copied or moved.</param>
/// <param name="Version">Version of the gateway.</param>
public sealed record GatewayState(ProcessIdentity Process, int Port, DateTimeOffset StartedAt, string Environment, string WebRoot, string Version)
{
    /// <summary>The JSON text of the state file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, GatewayStateJson.Default.GatewayState);

    /// <summary>Reads a state file; null when there is none, or when it is no state of a gateway.</summary>
    public static GatewayState? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), GatewayStateJson.Default.GatewayState);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null; // It is replaced by the next gateway that listens.
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(GatewayState))]
internal sealed partial class GatewayStateJson : JsonSerializerContext;
