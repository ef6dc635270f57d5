using System.Text.Json;
using System.Text.Json.Serialization;

namespace SupabaseDeploy.Environments;

/// <summary>Reads and writes the value itself as JSON, for those who need it. Only what names this converter is written so.</summary>
internal sealed class SecretText : JsonConverter<Secret>
{
    public override Secret? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } value ? new Secret(value) : null;

    public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) => writer.WriteStringValue(value.Reveal());
}
