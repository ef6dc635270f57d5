using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SupabaseDeploy.Testing;

/// <summary>
/// Checks values against the schemas of the OpenAPI file, with the keywords of OpenAPI 3.0 that the file uses. A keyword it does not know
/// is an error, so that an update of the file cannot loosen the contract unseen.
/// </summary>
public sealed class ManagementApiSchema(JsonElement components)
{
    private const string ReferencePrefix = "#/components/schemas/";

    // Say nothing about a value.
    private static readonly HashSet<string> s_silent = ["description", "example", "deprecated", "default", "hideDefinitions", "discriminator", "title", "nullable"];

    /// <summary>What is wrong with <paramref name="value"/>; empty when nothing is.</summary>
    public IReadOnlyList<string> Check(JsonElement schema, JsonElement value) => [.. Problems(schema, value, "$")];

    /// <summary>The schema itself where it is a reference.</summary>
    public JsonElement Resolve(JsonElement schema) => schema.TryGetProperty("$ref", out JsonElement reference)
        ? Resolve(components.GetProperty(reference.GetString()![ReferencePrefix.Length..]))
        : schema;

    private IEnumerable<string> Problems(JsonElement unresolved, JsonElement value, string path)
    {
        JsonElement schema = Resolve(unresolved);
        if (value.ValueKind == JsonValueKind.Null)
        {
            return schema.TryGetProperty("nullable", out JsonElement nullable) && nullable.GetBoolean() || !schema.TryGetProperty("type", out _)
                ? []
                : [$"{path} is null"];
        }

        return schema.EnumerateObject().SelectMany(keyword => Keyword(schema, keyword, value, path));
    }

    private IEnumerable<string> Keyword(JsonElement schema, JsonProperty keyword, JsonElement value, string path) => keyword.Name switch
    {
        "type" => IsOfType(keyword.Value.GetString()!, value) ? [] : [$"{path} is {value.GetRawText()}, expected {keyword.Value}"],
        "enum" => keyword.Value.EnumerateArray().Any(choice => JsonElement.DeepEquals(choice, value)) ? [] : [$"{path} is {value.GetRawText()}, expected one of {keyword.Value.GetRawText()}"],
        "required" => keyword.Value.EnumerateArray().Select(name => name.GetString()!).Where(name => value.ValueKind == JsonValueKind.Object && !value.TryGetProperty(name, out _)).Select(name => $"{path}.{name} is missing"),
        "properties" => Properties(keyword.Value, value, path),
        "additionalProperties" => Additional(schema, keyword.Value, value, path),
        "items" => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany((item, index) => Problems(keyword.Value, item, $"{path}[{index}]")) : [],
        "oneOf" => keyword.Value.EnumerateArray().Any(option => !Problems(option, value, path).Any()) ? [] : [$"{path} is none of the {keyword.Value.GetArrayLength()} forms it may have"],
        "minimum" => Number(value, number => number >= keyword.Value.GetDouble(), path, "too small"),
        "maximum" => Number(value, number => number <= keyword.Value.GetDouble(), path, "too big"),
        "exclusiveMinimum" => Number(value, number => keyword.Value.ValueKind != JsonValueKind.True || number > schema.GetProperty("minimum").GetDouble(), path, "too small"),
        "minLength" => Text(value, text => new StringInfo(text).LengthInTextElements >= keyword.Value.GetInt32(), path, "too short"),
        "maxLength" => Text(value, text => new StringInfo(text).LengthInTextElements <= keyword.Value.GetInt32(), path, "too long"),
        "pattern" => Text(value, text => Regex.IsMatch(text, keyword.Value.GetString()!, RegexOptions.ECMAScript | RegexOptions.None), path, $"not of the form {keyword.Value}"),
        "format" => Text(value, text => IsOfFormat(keyword.Value.GetString()!, text), path, $"no {keyword.Value}"),
        "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= keyword.Value.GetInt32() ? [] : [$"{path} has too few items"],
        "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= keyword.Value.GetInt32() ? [] : [$"{path} has too many items"],
        _ => s_silent.Contains(keyword.Name) ? [] : throw new NotSupportedException($"The schema at {path} uses '{keyword.Name}', which is not checked."),
    };

    private IEnumerable<string> Properties(JsonElement properties, JsonElement value, string path) => value.ValueKind != JsonValueKind.Object
        ? []
        : properties.EnumerateObject()
            .Where(property => value.TryGetProperty(property.Name, out _))
            .SelectMany(property => Problems(property.Value, value.GetProperty(property.Name), $"{path}.{property.Name}"));

    private IEnumerable<string> Additional(JsonElement schema, JsonElement rule, JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object || rule.ValueKind == JsonValueKind.True)
        {
            return [];
        }

        IEnumerable<JsonProperty> others = value.EnumerateObject().Where(property => !schema.TryGetProperty("properties", out JsonElement known) || !known.TryGetProperty(property.Name, out _));
        return rule.ValueKind == JsonValueKind.False
            ? others.Select(property => $"{path}.{property.Name} is not expected")
            : others.SelectMany(property => Problems(rule, property.Value, $"{path}.{property.Name}"));
    }

    private static bool IsOfType(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() == Math.Floor(value.GetDouble()),
        "number" => value.ValueKind == JsonValueKind.Number,
        _ => throw new NotSupportedException($"The type '{type}' is not checked."),
    };

    private static bool IsOfFormat(string format, string text) => format switch
    {
        "uuid" => Guid.TryParse(text, out _),
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "email" => text.Contains('@', StringComparison.Ordinal),
        "binary" or "int32" or "int64" => true,
        _ => throw new NotSupportedException($"The format '{format}' is not checked."),
    };

    private static IEnumerable<string> Number(JsonElement value, Func<double, bool> isRight, string path, string wrong) =>
        value.ValueKind != JsonValueKind.Number || isRight(value.GetDouble()) ? [] : [$"{path} is {value.GetRawText()}, {wrong}"];

    private static IEnumerable<string> Text(JsonElement value, Func<string, bool> isRight, string path, string wrong) =>
        value.ValueKind != JsonValueKind.String || isRight(value.GetString()!) ? [] : [$"{path} is '{value.GetString()}', {wrong}"];
}
